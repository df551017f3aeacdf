//! What a process gives up before it reads a byte of what strangers sent.
//!
//! Whoever takes over a decoder finds a process that can read its one file, compute for a while in bounded memory, and
//! write its answer: no files, no network, no other programs, no other processes. Each wall stands by itself, since not
//! every kernel has all of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::TcpStream;
use std::process::Command;
use std::time::Instant;

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus};
use rustix::process::{Resource, Rlimit, getpid, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use crate::job::Probe;
use crate::thumb::Limits;

/// Which walls stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Walls {
    /// Landlock: no files by name, no TCP.
    pub(crate) landlock: bool,
    /// Seccomp: few system calls.
    pub(crate) seccomp: bool,
}

/// Gives up everything but computing within limits. Fails where limits can't be set; of the other walls those are built
/// that the kernel knows.
pub(crate) fn enter(limits: &Limits) -> io::Result<Walls> {
    rustix::thread::set_no_new_privs(true)?;
    set(Resource::Core, 0)?;
    set(Resource::Fsize, 0)?;
    set(Resource::Cpu, limits.seconds.max(1))?;
    set(Resource::Data, limits.memory_bytes)?;
    let landlock = close_files_and_network();
    set(Resource::Nofile, 0)?;
    let seccomp = close_system_calls();
    Ok(Walls { landlock, seccomp })
}

fn set(resource: Resource, most: u64) -> io::Result<()> {
    Ok(setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}

/// Landlock with no exception. What is open already stays readable.
fn close_files_and_network() -> bool {
    let abi = ABI::V5;
    let closed = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    closed.is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

/// A list of system calls; all others fail.
fn close_system_calls() -> bool {
    let close = || {
        // The later filter has to let through what the earlier one answers.
        seccompiler::apply_filter(&no_clone3()?).ok()?;
        seccompiler::apply_filter(&filter()?).ok()
    };
    close().is_some()
}

/// Has the C library make threads by `clone`, whose flags a filter can see.
fn no_clone3() -> Option<BpfProgram> {
    let rules = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let missing = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    let arch = std::env::consts::ARCH.try_into().ok()?;
    SeccompFilter::new(rules, SeccompAction::Allow, missing, arch).ok()?.try_into().ok()
}

fn filter() -> Option<BpfProgram> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
    let only_if = |argument, length, operator, value| {
        let condition = SeccompCondition::new(argument, length, operator, value).ok()?;
        SeccompRule::new(vec![condition]).ok()
    };
    // Memory is for data: what a decoder was tricked into writing is not run.
    let executable = SeccompCmpOp::MaskedEq(libc::PROT_EXEC.cast_unsigned().into());
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![only_if(2, SeccompCmpArgLen::Dword, executable.clone(), 0)?]);
    }
    // Threads may be made, processes may not.
    let thread = u64::from((libc::CLONE_THREAD | libc::CLONE_VM).cast_unsigned());
    let threads = only_if(0, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(thread), thread)?;
    rules.insert(libc::SYS_clone, vec![threads]);
    // A process may end itself, and nobody else.
    let itself = getpid().as_raw_nonzero().get().cast_unsigned().into();
    rules.insert(libc::SYS_tgkill, vec![only_if(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, itself)?]);
    let refused = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let arch = std::env::consts::ARCH.try_into().ok()?;
    SeccompFilter::new(rules, refused, SeccompAction::Allow, arch).ok()?.try_into().ok()
}

/// Tries what must not work.
pub(crate) fn is_stopped(probe: Probe, limits: &Limits) -> bool {
    match probe {
        Probe::Open => File::open("/proc/self/status").is_err() && File::open("/etc/passwd").is_err(),
        // Nobody listens there, so who may try is told that and nothing else.
        Probe::Connect => TcpStream::connect(("127.0.0.1", 9))
            .is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied),
        Probe::Execute => Command::new("/proc/self/exe").arg("--version").output().is_err(),
        Probe::Memory => {
            let mut bytes: Vec<u8> = Vec::new();
            let most = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
            bytes.try_reserve_exact(most.saturating_add(1)).is_err()
        }
        Probe::Time => {
            let began = Instant::now();
            while began.elapsed().as_secs() <= limits.seconds.saturating_mul(20) {
                std::hint::spin_loop();
            }
            false
        }
    }
}

/// What reading an open file, computing, and writing an answer need.
const ALLOWED: &[i64] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_close,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_sched_yield,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_clone3,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_exit,
    libc::SYS_exit_group,
];
