"""Texts as tt-metal, its driver, compilers and the system print them, with the verdict that is right."""

from __future__ import annotations

from farm.core.verdicts import Reason, Verdict

WEDGED = Verdict.BOARD_FAULT, Reason.BOARD_WEDGED
SUSPECT = Verdict.BOARD_FAULT, Reason.BOARD_SUSPECT
HOST = Verdict.HOST_FAULT, Reason.HOST_RESOURCES
HANG = Verdict.FAIL_CRASH_HANG, Reason.HANG
CRASH = Verdict.FAIL_CRASH_HANG, Reason.CRASH
TEST = Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION
DRAM = Verdict.FAIL_ASSERT_EXCEPTION, Reason.OUT_OF_MEMORY
L1 = Verdict.FAIL_L1_OUT_OF_MEM, Reason.OUT_OF_MEMORY
WATCHER = Verdict.FAIL_WATCHER, Reason.EXCEPTION

EXCEPTIONS = [
    # a chip, a link or a core that only a reset, or a person, brings back
    ("Read unexpected run_mailbox value from core 1-2", WEDGED),
    ("READ UNEXPECTED RUN_MAILBOX VALUE: 0x40 (expected 0x80 or 0x0)", WEDGED),
    ("Read 0xffffffff from PCIE: you should reset the board.", WEDGED),
    ("Read 0xffffffff over PCIe ID 2: the board should be reset.", WEDGED),
    ("Read 0xffffffff from ARC scratch", WEDGED),
    ("NOC1 is hung on JTAG device ID 0.", WEDGED),
    ("NOC0 appears hung: you should reset the board.", WEDGED),
    ("SIGBUS signal detected: Device access failed.", WEDGED),
    (
        "ARC startup error at core 8-0 over NOC0: scratch_status=0x0, postcode=0xc0de0001 (Timed out after 300 ms)",
        WEDGED,
    ),
    ("Firmware startup error on device 1 at core 8-0 over NOC0: scratch_status=0x1, postcode=0x2", WEDGED),
    ("Timed out after waiting 1000 ms for ARC to clear trigger bit on device 0", WEDGED),
    ("Timeout waiting for ARC msg request queue.", WEDGED),
    ("Timeout waiting for SMBus telemetry initialization (FW_BUNDLE_VERSION not populated).", WEDGED),
    ("Failed to set clock state to 2 with exit code: 255", WEDGED),
    ("Timeout waiting for Ethernet core service remote IO request flush.", WEDGED),
    ("Unexpected ERISC Response Flags.", WEDGED),
    ("ETH core heartbeat check failed on device ASIC ID: 4, ETH core CoreCoord: (7, 1, ETH, NOC0)", WEDGED),
    ("Timed out waiting for ETH heartbeat on device ASIC ID: 8, ETH core e9-0 to advance. Stuck at 0xabcd", WEDGED),
    ("ETH training timed out after 60000 ms, on eth core 25, 16", WEDGED),
    ("Routing firmware for device ASIC ID: 8 ETH core e9-0 (NOC0) is unexpectedly disabled.", WEDGED),
    ("ETH FW version mismatch for device ASIC ID: 8 ETH core e9-0, expected: 7.0.0, found 6.9.0.", WEDGED),
    ("Firmware bundle version 18.3.0 on device 0 is older than the minimum compatible version 18.10.0", WEDGED),
    ("DRAM training failed for channel 3 after 2 retrain attempts.", WEDGED),
    ("DRAM training for channel 3 timed out after 60000 ms", WEDGED),
    ("Device 1 init: failed to initialize DRAM FW!", WEDGED),
    ("Device 0: Timed out (5000ms) waiting for eth base firmware ready on core (1,2). Last postcode: 0x1", WEDGED),
    ("Device 0: Timeout (10000 ms) waiting for physical cores to finish: 1-2, 3-4.", WEDGED),
    ("Device 0: Timed out while waiting for active ethernet core 1-2 to become active again.", WEDGED),
    ("Fabric Router Sync: Timeout after 5000 ms on Device 1: expected status 0xa2b2c2d2.", WEDGED),
    ("Watcher detected that active eth link on virtual core 25-16 went down after training.", WEDGED),
    ("Graph specified in MGD could not fit in the discovered physical topology. Inter-mesh mapping failed", WEDGED),
    ("Physical chip id 3 not found in control plane chip mapping. You are calling for a chip outside", WEDGED),
    ("Physical Discovery found 4 missing channel connections", WEDGED),
    ("Physical Discovery Error: Global connection on h rank 0. Please reset the system and try again.", WEDGED),
    ("Unable to determine architecture because no chips were detected.", WEDGED),
    ("TENSTORRENT_IOCTL_QUERY_MAPPINGS failed", WEDGED),
    ("BAR2 UC mapping failed for device 0.", WEDGED),
    ("tt_tlb_alloc failed with error code -5", WEDGED),
    ("Failed to open device 0: No such device", WEDGED),
    ("tt-smi reset status: 2", WEDGED),
    ("Error when re-initializing chips!", WEDGED),
    ("Reset failed.", WEDGED),
    ("TT_THROW: Invalid packet type (assert.hpp:104)", SUSPECT),
    # what the host ran out of, or what another process of it has
    ("Waiting for lock 'CHIP_IN_USE_1_PCIe' which is currently held by thread TID: 12, PID: 11", HOST),
    ("TT_THROW @ device.cpp:1: tt::exception\ninfo:\nWaiting for lock 'CHIP_IN_USE_0_PCIe'", HOST),
    ("OSError: [Errno 28] No space left on device: '/x'", HOST),
    ("collect2: fatal error: error writing to /tmp/cc1.s: No space left on device", HOST),
    ("Disk quota exceeded", HOST),
    ("[Errno 24] Too many open files", HOST),
    ("virtual memory exhausted: Cannot allocate memory", HOST),
    ("fork: Resource temporarily unavailable", HOST),
    ("brisc build failed. Log: collect2: fatal error: ld terminated with signal 9 [Killed]", HOST),
    ("trisc0 build failed. Log: g++: internal compiler error: Killed (program cc1plus)", HOST),
    (
        "Failed to generate binaries for r trisc2 build failed. Log: cc1plus: out of memory allocating 65536 bytes",
        HOST,
    ),
    ("Failed to pin pages for hugepage at virtual address 0x7f with size 0x40 and flags 0x1: Invalid argument", HOST),
    ("Hugepages are not allocated for ch: 0", HOST),
    ("Expected sysmem to be mapped at NOC address 0x1. another process is already holding the sysmem", HOST),
    ("Failed to allocate the TLB with size 1048576", HOST),
    ("Failed to allocate TLB window. Look at /sys/kernel/debug/tenstorrent/0/mappings for more information.", HOST),
    ("tt_tlb_alloc failed (error code -12) when allocating TLB window", HOST),
    ("TENSTORRENT_IOCTL_PIN_PAGES failed", HOST),
    ("bind_area_memory_nodeset(): Unable to determine TT Device to NumaNode mapping", HOST),
    ("Watcher failed to create log file", HOST),
    ("cannot open /dev/tenstorrent/0: Permission denied", HOST),
    # a kernel that isn't compiled
    ("trisc0 build failed. Log: fatal error: chlkc_unpack_data_format.h: No such file or directory", HOST),
    ("brisc build failed. Log: sh: 1: /opt/riscv-tt-elf-g++: not found", HOST),
    ("TT_THROW @ build.cpp:291: tt::exception\ninfo:\nsfpi not found at /x/sfpi or /opt/tenstorrent/sfpi", HOST),
    ("TT_THROW @ tt_elffile.cpp:1: /k/trisc1.elf: not an ELF file", HOST),
    ("ncrisc build failed. Log: ld: reader.o: file not recognized: file truncated", HOST),
    ("Failed to generate binaries for reader_unary", HOST),
    ("failed to generate binaries for reader_unary: rename failed", HOST),
    ("trisc1 build failed. Log: ", HOST),
    ("trisc1 build failed. Log: add.cpp:3:5: error: 'foo' was not declared in this scope", TEST),
    ("Failed to generate binaries for add trisc1 build failed. Log: static assertion failed: too wide", TEST),
    ("trisc1 build failed. Log: ld: section `.text' will not fit in region `TRISC1_CODE'", TEST),
    ("internal compiler error: Segmentation fault signal in rvtt_expand", TEST),
    # the watcher's words
    ("Watcher detected tripped assert and stopped device.", WATCHER),
    ("Watcher stopped the device due to tripped assert, see watcher log for more details", WATCHER),
    ("Device 0: Aborting wait due to watcher error: x", WATCHER),
    ("Host watcher: bad write NOC coord 1-2", WATCHER),
    ("Device 0 worker core(x= 0,y= 0) virtual(x=18,y=18): brisc tripped an assert on line 59.", WATCHER),
    ("TT_THROW @ /x/tt_metal/impl/debug/watcher_device_reader.cpp:226: tt::exception", WATCHER),
    ("TT_FATAL: the file /x/watcher.log is old", TEST),
    ("KeyError: 'Watcher'", TEST),
    # the operation did not end
    ("TIMEOUT: device timeout in fetch queue wait, potential hang detected", HANG),
    ("FDMeshCommandQueue destructor: 3 outstanding. This may indicate a device hang or timeout occurred.", HANG),
    ("Operation cancelled due to timeout on another rank", HANG),
    ("Failed: Timeout >300.0s", HANG),
    # the memories of a chip
    ("Out of Memory: Not enough space to allocate 4096 B L1 buffer across 64 banks", L1),
    ("Out of Memory: Not enough space to allocate 4096 B L1_SMALL buffer across 64 banks", L1),
    ("Out of Memory: Not enough space to allocate 4096 B", L1),
    ("Out of Memory: Not enough space to allocate 4096 B DRAM buffer across 12 banks", DRAM),
    ("Out of Memory: Not enough space to allocate 4096 B TRACE buffer across 12 banks", DRAM),
    ("Out of Memory: Not enough space after considering dependencies to allocate 4 B DRAM across 12 banks", DRAM),
    ("Statically allocated circular buffers on core range [0-0] grow to 2 B which is beyond max L1 size of 1 B", L1),
    ("Statically allocated dataflow buffers in program 3 clash with L1 buffers on core range [0-0]", L1),
    ("Cannot set circular buffer size to 9. This is larger than the associated dynamically allocated L1 buffer", L1),
    ("Cannot fit Pool2D operation in L1 memory with DRAM slicing.", L1),
    ("Memory map end address: 9 exceeds allocated L1 end address: 8", L1),
    # the test's own
    ("TT_FATAL: Physical shard shape (1, 30) must be tile {32, 32} sized!", TEST),
    ("TT_FATAL: Reads are not supported during trace capture.", TEST),
    ("Requested mesh grid shape [2, 4] is larger than number of available devices 1", TEST),
    ("AssertionError: 0.42", TEST),
    ("", TEST),
    # a log line before another error means nothing
    ("Waiting for lock 'CHIP_IN_USE_0_PCIe' which is currently held by PID: 1\nTT_FATAL: too wide", TEST),
]
"""An exception's text, and its verdict."""

_ABORT = "terminate called after throwing an instance of 'std::runtime_error'\n"
ENDS = [
    ("", -11, CRASH),
    ("MemoryError", 1, CRASH),
    ("TT_FATAL @ a.cpp:1: tensor.is_allocated()", -6, CRASH),
    (f"{_ABORT}  what():  Timeout waiting for Ethernet core service remote IO request.", -6, WEDGED),
    ("Waiting for lock 'CHIP_IN_USE_0_PCIe' which is currently held by thread TID: 5, PID: 4711", -9, HOST),
    ("Waiting for lock 'CHIP_IN_USE_0_PCIe' which is currently held by thread TID: 5, PID: 4711\nbye", -11, CRASH),
    (f"{_ABORT}  what():  No space left on device", -9, HOST),
    ("the end", -9, (Verdict.FAIL_CRASH_HANG, Reason.KILLED)),
    (f"Watcher detected tripped assert and stopped device.\n{_ABORT}  what():  TT_THROW @ a.cpp:1: x", -6, WATCHER),
    (f"{_ABORT}  what():  TT_THROW @ llrt/watcher.cpp:226: tt::exception\ninfo:\nOn core (x=1,y=1)", -6, WATCHER),
    (f"{_ABORT}  what():  FileNotFoundError: /x/watcher.log", -6, CRASH),
    ("TT_THROW @ a.cpp:1\ninfo:\nTIMEOUT: device timeout, potential hang detected\nAborted", -6, HANG),
    ("Out of Memory: Not enough space to allocate 3 B L1 buffer", -6, CRASH),
    ("tt-smi reset status: 1... [gw0] node down: Not properly terminated", 1, WEDGED),
    ("tt-smi reset status: 0... [gw0] node down: Not properly terminated", 1, CRASH),
    ("[gw1] node down: Not properly terminated", 1, CRASH),
]
"""What a process printed for its vector, its exit code, and the vector's verdict."""
