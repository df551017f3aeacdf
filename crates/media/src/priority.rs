//! How far a process that decodes stands back behind the server, for whose answers others wait.
//!
//! A crowd of files that take all the time there is would make each other request wait for its turn, several times over
//! as it goes from thread to thread. Most pictures take so little time that they may have it anywhere. Where a system
//! doesn't let a process stand back, it works as it is.

use std::thread;
use std::time::Duration;

use rustix::process::{getpid, nice};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// Steps of `nice`: about a tenth of the time of a process that takes none of them.
const NICE: i32 = 10;
/// Most pictures are done after so much processor time. What takes longer leaves half of the processors to others.
const SOON: Duration = Duration::from_millis(150);
/// Bytes of the stack of a thread that does nothing but wait.
const STACK: usize = 64 << 10;

/// Lets others go first.
pub(crate) fn stand_back() {
    let _ = nice(NICE);
}

/// Has this process stay on half of its processors once it has computed for long. For behind the walls: a thread that
/// was there before them would not be behind them.
pub(crate) fn stand_back_further_later() {
    let watch = || {
        loop {
            let spent = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or(SOON);
            let left = SOON.saturating_sub(spent);
            if left.is_zero() {
                break;
            }
            thread::sleep(left);
        }
        let first = Some(getpid());
        let _ = sched_getaffinity(first).and_then(|all| sched_setaffinity(first, &half(&all)));
    };
    let _ = thread::Builder::new().stack_size(STACK).spawn(watch);
}

/// The latter half of the processors; one at least.
fn half(all: &CpuSet) -> CpuSet {
    let there: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|cpu| all.is_set(*cpu)).collect();
    let mut half = CpuSet::new();
    for cpu in &there[there.len() / 2..] {
        half.set(*cpu);
    }
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_is_never_nothing() {
        let set = |cpus: &[usize]| {
            let mut set = CpuSet::new();
            for cpu in cpus {
                set.set(*cpu);
            }
            set
        };
        assert_eq!(half(&set(&[3])), set(&[3]));
        assert_eq!(half(&set(&[0, 1])), set(&[1]));
        assert_eq!(half(&set(&[0, 2, 4, 900])), set(&[4, 900]));
        assert_eq!(half(&set(&[0, 1, 2])), set(&[1, 2]));
    }
}
