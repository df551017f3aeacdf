//! What a process gives up before it reads a byte of what strangers sent.
//!
//! Whoever takes over a decoder finds a process that can read its one file, compute for a while in bounded memory, and
//! write its answer: no files, no network, no other programs, no other processes. Each wall stands by itself, since not
//! every kernel has all of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use landlock::{
    ABI, Access, AccessFs, AccessNet, PathBeneath, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
    path_beneath_rules,
};
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

/// Where systems keep libraries, and `ddjvu` its messages, without which it doesn't start. These can be read and run.
const LIBRARIES: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/nix/store",
    "/etc/ld.so.cache",
    "/usr/share/djvu",
    "/usr/local/share/djvu",
];
/// Files that a program of others may have open.
const FILES: u64 = 64;

/// Gives up everything that a program of others doesn't need to be started on one file and to answer through a pipe:
/// no files but libraries and this one, none to be written, no network. What this process does afterwards, [`enter`]
/// decides.
pub(crate) fn enter_for_tool(limits: &Limits, program: &Path, source: &File) -> io::Result<Walls> {
    rustix::thread::set_no_new_privs(true)?;
    set(Resource::Core, 0)?;
    set(Resource::Fsize, 0)?;
    set(Resource::Cpu, limits.seconds.max(1))?;
    set(Resource::Data, limits.memory_bytes)?;
    set(Resource::Nofile, FILES)?;
    let landlock = close_files_but(program, source);
    let seccomp = close_for_tools();
    Ok(Walls { landlock, seccomp })
}

/// Landlock with the exceptions without which no program can be started.
fn close_files_but(program: &Path, source: &File) -> bool {
    let abi = ABI::V5;
    let readable = AccessFs::ReadFile | AccessFs::Execute;
    let null = AccessFs::ReadFile | AccessFs::WriteFile;
    let closed = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rules(path_beneath_rules(LIBRARIES, readable)))
        .and_then(|rules| rules.add_rules(path_beneath_rules([program], readable)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(["/dev/null"], null)))
        // It may open by name what it has open already.
        .and_then(|rules| rules.add_rule(PathBeneath::new(source, AccessFs::ReadFile)))
        .and_then(landlock::RulesetCreated::restrict_self);
    closed.is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

/// Takes away what Landlock doesn't know of. A program of others may use any other call.
fn close_for_tools() -> bool {
    let close = || {
        let denied = DENIED_TO_TOOLS.iter().flat_map(|call| [*call, call | X32]);
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = denied.map(|call| (call, Vec::new())).collect();
        // Whoever calls it may change limits of its own, which can't grow, but none of others.
        let others = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, 0).ok()?;
        rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![others]).ok()?]);
        let refused = SeccompAction::Errno(libc::EPERM.cast_unsigned());
        let arch = std::env::consts::ARCH.try_into().ok()?;
        let filter: BpfProgram =
            SeccompFilter::new(rules, SeccompAction::Allow, refused, arch).ok()?.try_into().ok()?;
        seccompiler::apply_filter(&filter).ok()
    };
    close().is_some()
}

/// Kernels that have x32 know each call by a second number. Elsewhere there are none so high.
const X32: i64 = 0x4000_0000;

/// Sockets of all kinds, other processes, what files are beside their bytes, and doors into the kernel.
const DENIED_TO_TOOLS: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_tgkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
    libc::SYS_setsid,
    libc::SYS_setpgid,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchmodat2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_mq_open,
];

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
    // And it may leave processors to others.
    for call in [libc::SYS_sched_getaffinity, libc::SYS_sched_setaffinity] {
        rules.insert(call, vec![only_if(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, itself)?]);
    }
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
    libc::SYS_clock_nanosleep,
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
