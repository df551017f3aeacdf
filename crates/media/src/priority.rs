//! How far a process that decodes stands back behind the server, for whose answers others wait.
//!
//! A crowd of files that take all the time there is would make each other request wait for its turn, several times over
//! as it goes from thread to thread. Most pictures take so little time that they may have it soon all the same.

use std::io;
use std::thread;
use std::time::Duration;

use rustix::process::{getpid, nice};
use rustix::time::{ClockId, clock_gettime};
use uapi::c::{SCHED_IDLE, sched_attr, sched_param};

/// Steps of `nice`: about a tenth of the time of a process that takes none of them.
const NICE: i32 = 10;
/// Nanoseconds for which it computes at a time where nobody else wakes up. From Linux 6.12 on, those who want less at a
/// time needn't wait for the end of it.
const TURN: u64 = 100_000_000;
/// Most pictures are done after so much processor time. What takes longer has only the time that nobody else wants.
const SOON: Duration = Duration::from_millis(150);
/// Bytes of the stack of a thread that does nothing but wait.
const STACK: usize = 64 << 10;

/// Lets others go first.
pub(crate) fn stand_back() -> io::Result<()> {
    nice(NICE)?;
    let mut turn: sched_attr = uapi::pod_zeroed();
    (turn.sched_nice, turn.sched_runtime) = (NICE, TURN);
    // Kernels that don't know of this do without.
    let _ = uapi::sched_setattr(0, &turn, 0);
    Ok(())
}

/// Has this process wait for everybody else once it has computed for long. For behind the walls: a thread that was there
/// before them would not be behind them.
pub(crate) fn stand_back_further_later() -> io::Result<()> {
    let watch = || {
        loop {
            let spent = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or(SOON);
            let left = SOON.saturating_sub(spent);
            if left.is_zero() {
                break;
            }
            thread::sleep(left);
        }
        let no_priority: sched_param = uapi::pod_zeroed();
        // A kernel that doesn't let it go on as before.
        let _ = uapi::sched_setscheduler(getpid().as_raw_nonzero().get(), SCHED_IDLE, &no_priority);
    };
    thread::Builder::new().stack_size(STACK).spawn(watch).map(drop)
}
