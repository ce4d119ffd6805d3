//! What the machine says of this process and of itself.

/// The most memory this process has held, in bytes; 0 where the machine does not tell.
pub(crate) fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0) * 1_024
}

/// As many threads as it runs at once.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Keeps this process, its threads and its services from huge pages: memory that is taken in small pieces would fill each
/// of them with two megabytes that nobody asked for, and the kernel would clear them all.
pub(crate) fn keep_pages_small() {
    // A kernel that cannot still runs the program, with more memory.
    #[cfg(target_os = "linux")]
    rustix::thread::disable_transparent_huge_pages(true).unwrap_or_default();
}
