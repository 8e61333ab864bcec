"""The table of failure texts: what tt-metal, its driver, compilers and the system print, and whose fault it is.

`Rule.source` names who prints a text: tt-metal, tt-umd, tt-kmd and tt-smi are repositories of Tenstorrent, with a file
or an issue if one is known. The words were compared with those in the libraries of the ttnn 0.66.0 and 0.81.1 wheels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from farm.core.verdicts import Reason, Verdict


class Where(Enum):
    """Where a text must be to decide the verdict."""

    MESSAGE = "message"
    """Anywhere in an exception's text, or in the last words of a process that ended."""
    LAST_WORDS = "last_words"
    """In the last words alone, of an exception's text, too: the same text is a mere log line before another error."""
    PRINTED = "printed"
    """Anywhere in what an ended process printed for its vector: after this, it was bound to end."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A text that decides a verdict.

    Attributes:
        pattern: a regular expression, matched without regard to case.
        verdict, reason: its classification.
        source: who prints it, and where that is known from.
        where: where it must be.
    """

    pattern: re.Pattern[str]
    verdict: Verdict
    reason: Reason
    source: str
    where: Where = Where.MESSAGE


_Class = tuple[Verdict, Reason]
_WEDGED: _Class = (Verdict.BOARD_FAULT, Reason.BOARD_WEDGED)
_SUSPECT: _Class = (Verdict.BOARD_FAULT, Reason.BOARD_SUSPECT)
_HOST: _Class = (Verdict.HOST_FAULT, Reason.HOST_RESOURCES)
_HANG: _Class = (Verdict.FAIL_CRASH_HANG, Reason.HANG)
_TEST: _Class = (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION)
_DRAM: _Class = (Verdict.FAIL_ASSERT_EXCEPTION, Reason.OUT_OF_MEMORY)
_L1: _Class = (Verdict.FAIL_L1_OUT_OF_MEM, Reason.OUT_OF_MEMORY)
_WATCHER: _Class = (Verdict.FAIL_WATCHER, Reason.EXCEPTION)


def _row(pattern: str, verdict: tuple[Verdict, Reason], source: str, where: Where = Where.MESSAGE) -> Rule:
    return Rule(re.compile(pattern, re.IGNORECASE), *verdict, source, where)


HELD_CHIP = re.compile(
    r"waiting for lock '[^']*CHIP_IN_USE[^']*'(?:.*?\bPID: (?P<pid>\d+))?|CHIP_IN_USE|held by another handle",
    re.IGNORECASE,
)
"""UMD waits for a chip that another process has open; `pid` is that process, where the text has it."""

_HOST_RULES = (
    Rule(
        HELD_CHIP,
        *_HOST,
        "tt-umd device/utils/robust_mutex.cpp: it waits as long as the other process runs",
        Where.LAST_WORDS,
    ),
    _row(
        r"No space left on device|disk quota exceeded|\bENOSPC\b|read-only file system|stale (NFS )?file handle",
        _HOST,
        "errno of a full or lost disk: of Python, of ttnn, of a compiler",
    ),
    _row(r"Too many open files|file table overflow", _HOST, "errno EMFILE, ENFILE"),
    _row(
        r"Cannot allocate memory|virtual memory exhausted|cc1plus: out of memory",
        _HOST,
        "errno ENOMEM: of the host, not of the board; GCC's words for it",
    ),
    _row(
        r"Resource temporarily unavailable|failed to create thread|can't start new thread",
        _HOST,
        "errno EAGAIN where a process or a thread is started",
    ),
    _row(
        r"signal terminated program|\bKilled\s+\S*riscv|terminated with signal (9|15)\b|"
        r"internal compiler error: Killed",
        _HOST,
        "GCC's driver: its compiler, assembler or linker was killed from outside (triton#3761)",
    ),
    _row(
        r"failed to (pin pages|map (a )?(DMA|sysmem) buffer|allocate (space in memfd|sysmem buffer))|"
        r"failed pinning pages",
        _HOST,
        "tt-umd device/pcie/pci_device.cpp; tt-metal#21375",
    ),
    _row(
        r"hugepages? (are not allocated|mapping size is 0|file (size|has zero size))|IOMMU is required for sysmem|"
        r"failed to (open|map|mmap) hugepage|"
        r"not a hugepage|insufficient (num)?hugepages|hugepages? (\w+ )?not (found|available|enabled)|"
        r"no such file or directory\W+/dev/hugepages",
        _HOST,
        "tt-umd device/hugepage.cpp, sysmem_manager.cpp",
    ),
    _row(
        r"already holding the sysmem|proceeding could lead to undefined behavior|"
        r"unexpected NOC address \(likely a stale process|"
        r"NOC address of a hugepage does not match",
        _HOST,
        "tt-umd sysmem_manager.cpp: another process has the host memory that the board sees",
    ),
    _row(
        r"Failed to allocate (a )?(\d+ byte )?(the )?TLB|no available TLB|tt_tlb_alloc failed\b.*-12\b",
        _HOST,
        "tt-umd pcie: other processes use the chip's windows (tt-umd#1756, tt-metal#48011; -12 is ENOMEM)",
    ),
    _row(
        r"\b(device|chip|board)\b[^.\n]{0,30}\bin use by (another|a|process|pid)\b",
        _HOST,
        "tools of Tenstorrent: another process has the device",
    ),
    _row(r"TENSTORRENT_IOCTL_(PIN_PAGES|ALLOCATE_DMA_BUF|ALLOCATE_TLB)\b.*fail", _HOST, "tt-umd: memory of the host"),
    _row(
        r"bind_area_memory_nodeset\(\)|numanode_mask|could not find NumaNodeSet",
        _HOST,
        "tt-umd device/cpuset_lib.cpp; tt-metal#18460",
    ),
    _row(r"watcher failed to (create|open)", _HOST, "tt-metal watcher_server.cpp: its files"),
    _row(
        r"(/dev/tenstorrent\S*|failed to open device \d+)\W.{0,40}(permission denied|device or resource busy)",
        _HOST,
        "tt-kmd: the device is another's",
    ),
)

_BOARD_RULES = (
    _row(r"unexpected run_mailbox value", _WEDGED, "tt-metal llrt.cpp; tt-metal#50694"),
    _row(
        r"Read 0xf{8} (from|over) (PCIE|ARC)|the board should be reset|you should reset the (board|chip)|"
        r"try resetting the (board|chip|device)|please reset the (system|board|chip|device)",
        _WEDGED,
        "tt-umd tt_device_error.cpp, tt-metal llrt.cpp: the advice to reset (tt-metal#56716, #19148)",
    ),
    _row(
        r"\b(noc\d?|ARC|PCIe|bus|ETH|chip|device)\b[^.\n]{0,30}\b(is|are|appears|seems)( to be)? hung\b|"
        r"\bnoc\d? hang\b",
        _WEDGED,
        "tt-umd tt_device_error.cpp",
    ),
    _row(r"SIGBUS signal detected|device access failed", _WEDGED, "tt-umd: a mapped register has gone"),
    _row(
        r"(ARC|firmware) startup error|"
        r"\bARC (core |firmware |FW )?(failed to|did not|is not|not) (start|boot|init|respond|running|ready)|"
        r"time(d out|out) (after )?(\(?\d+ ?ms\)? )?(after )?(waiting )?(\d+ ms )?for (ARC|SMBus)\b|"
        r"timed out after waiting \d+ ms for ARC\b|ARC (msg|message) .*time(d )?out",
        _WEDGED,
        "tt-umd arc: arc_messenger, tt_device_error.cpp",
    ),
    _row(
        r"Failed to (get|set) (AICLK|clock state|power state|harvesting masks)\b.*exit code",
        _WEDGED,
        "tt-umd: the chip's firmware refuses",
    ),
    _row(
        r"Ethernet core service remote IO request|unexpected ERISC response flags",
        _WEDGED,
        "tt-umd remote_communication_legacy_firmware.cpp; tt-metal#39830, tt-umd#1846",
    ),
    _row(
        r"ETH(ERNET)?( core)? heartbeat|invalid heartbeat signature|ETH training (for core.*)?timed out|"
        r"eth(ernet)?( link)? training failed|\b(chip|device|board|asic|eth core)\b[^.\n]{0,20}"
        r"(not responding|did not respond|unreachable|is stuck)",
        _WEDGED,
        "tt-umd topology_discovery_*.cpp; tt-metal#43297",
    ),
    _row(
        r"routing firmware for .*\bunexpectedly (enabled|disabled)", _WEDGED, "tt-umd topology_discovery_wormhole.cpp"
    ),
    _row(
        r"(ETH FW|firmware bundle) version (hash check failed|mismatch|\S+ on .*is older than the minimum)",
        _WEDGED,
        "tt-umd topology_discovery.cpp: the board needs other firmware",
    ),
    _row(
        r"(DRAM|GDDR) training (failed|failure|for channel \d+ (on device \d+ )?timed out)|regulator init failure|"
        r"MRISC load failure",
        _WEDGED,
        "tt-umd: the chip's DRAM",
    ),
    _row(
        r"failed to initialize ([\w-]+ )?FW\b|eth base firmware (not )?ready|waiting for eth base firmware",
        _WEDGED,
        "tt-metal: firmware of a device at its opening (tt-metal#19148)",
    ),
    _row(
        r"waiting for physical cores to finish|waiting for active ethernet core",
        _WEDGED,
        "tt-metal llrt.cpp: left by the process before (tt-metal#17866)",
    ),
    _row(
        r"Fabric Router Sync: Timeout|active eth link .*went down|ethernet links? .{0,40}\b(is|are|went) down",
        _WEDGED,
        "tt-metal fabric, watcher_device_reader.cpp: links",
    ),
    _row(
        r"could not fit in the discovered physical topology|mapping_result\.success|int(er|ra)-mesh mapping failed|"
        r"TopologyMapper verification failed|not found in (the )?control plane chip mapping",
        _WEDGED,
        "tt-metal fabric/topology_mapper.cpp: a link or a chip is missing",
    ),
    _row(
        r"Physical Discovery (Error|found \d+ missing)|topology discovery failed|"
        r"unable to bind the intermesh connections|no chips (were )?detected|"
        r"no (Tenstorrent )?devices (were )?(detected|found)|error in detecting devices|"
        r"(generate|create) (the )?(cluster desc|ethernet map)",
        _WEDGED,
        "tt-metal fabric, tt-umd topology_discovery.cpp",
    ),
    _row(
        r"TENSTORRENT_IOCTL_\w+ failed|query mappings failed on device|failed to read device info|"
        r"BAR\d( UC| WC)? mapping failed|tt_tlb_alloc failed|no longer responds|did not reappear",
        _WEDGED,
        "tt-umd pci_device.cpp over tt-kmd; tt-metal#32345",
    ),
    _row(
        r"(failed|unable) to open device \d+\W.*(no such device|input/output error)|"
        r"(failed to|could not|unable to|cannot|can't) open /dev/tenstorrent",
        _WEDGED,
        "tt-kmd: the chip has gone",
    ),
    _row(
        r"reset status: (?!0\b)-?\d+|unable to reset board|error when re-?initializing chips|"
        r"\bReset failed[.!]|refclk didn't reset",
        _WEDGED,
        "tt-smi, tt-umd warm_reset.cpp: a reset that failed",
    ),
    _row(
        r"invalid packet type|readRiscProfilerResults",
        _SUSPECT,
        "tt-metal profiler.cpp: what the chip recorded can't be read (tt-metal#51561)",
    ),
)

_TEST_RULES = (
    # the watcher stops the device, and often the process with it
    _row(
        r"watcher (stopped the device|detected|found corruption|data corrupt|read invalid|unexpected)|"
        r"host watcher: bad|due to (a )?watcher error|"
        r"watcher[^.\n]{0,20}\b(sanitize|tripped)|(killed|stopped) by (the )?watcher",
        _WATCHER,
        "tt-metal watcher_device_reader.cpp, sanitize_noc_host.hpp",
        Where.PRINTED,
    ),
    _row(
        r"\b\w*risc\d? (tripped an assert|using noc\d tried to|accessed unique runtime arg)",
        _WATCHER,
        "tt-metal watcher_device_reader.cpp: what it found on a core",
        Where.PRINTED,
    ),
    _row(r"TT_(THROW|FATAL|ASSERT) @ \S*watcher\w*\.cpp", _WATCHER, "tt-metal: thrown by the watcher itself"),
    # the operation didn't end on the device, and a timer saw it
    _row(
        r"device timeout|potential hang detected",
        _HANG,
        "tt-metal system_memory_manager.cpp (tt-xla#5208)",
        Where.PRINTED,
    ),
    _row(
        r"\bdevice hang( or timeout)?\b|completion reader queue is not empty|\btimeout detected\b|"
        r"(command|completion) queue[^.\n]{0,20} timed out|timeout waiting for completion|\btest timed out\b",
        _HANG,
        "tt-metal fd_mesh_command_queue.cpp",
    ),
    _row(
        r"waiting for device to send acknowledgement|operation cancelled due to timeout on another rank|"
        r"waiting on debug print server",
        _HANG,
        "tt-metal: sockets, ranks and the debug print server",
    ),
    _row(r"\bTimeout \(?>\s*\d", _HANG, "pytest-timeout"),
    # memory of a chip. DRAM is not L1
    _row(r"to allocate \d+ B (DRAM|TRACE|SYSTEM_MEMORY)\b", _DRAM, "tt-metal allocator: another memory than L1"),
    _row(
        r"(out of|not enough|insufficient) DRAM\b|DRAM (is )?out of memory",
        _DRAM,
        "models and tools: another memory than L1",
    ),
    _row(
        r"Out of Memory: (Not enough space|Cannot allocate at)|beyond max L1 size|"
        r"statically allocated (circular|dataflow) buffers|"
        r"larger than the associated dynamically allocated L1 buffer|L1 arena is out of memory|"
        r"not enough L1 (space|memory)|(out of memory|not enough space)[^\n]*\bL1(_SMALL)?\b|"
        r"circular buffers?[^\n]*(overlap|clash)[^\n]*\bL1\b|too large for kernel config buffer",
        _L1,
        "tt-metal allocator, program.cpp (tt-metal#17947, tt-xla#5206)",
    ),
    _row(
        r"\bexceeds? [^\n]{0,60}\bL1\b( size| memory| space| end address| capacity)|"
        r"cannot fit \w+ operation in L1|Auto slice could not find valid slice configuration",
        _L1,
        "ttnn: pooling, convolutions and fabric that don't fit",
    ),
)

COMPILE_FAILURE = re.compile(
    r"\bbuild failed\b|failed to generate binaries|riscv\S*-(g\+\+|ld)\b.*error", re.IGNORECASE
)
"""A kernel was not compiled, whoever is to blame."""

_COMPILER_RULES = (
    _row(
        r"(chlkc_\w+|defines_generated|kernel_\w*args_generated)\.h: No such file",
        _HOST,
        "tt-metal jit_build: another process removed a generated file",
    ),
    _row(
        r"sfpi not found|"
        r"riscv\S*: (not found|No such file or directory|Permission denied|Text file busy|Exec format error)",
        _HOST,
        "the shell: no compiler to run",
    ),
    _row(
        r"file (truncated|format not recognized)|tt_elffile\.cpp",
        _HOST,
        "tt-metal, the linker: concurrent processes wrote one file",
    ),
    _row(
        r"build failed(\. Log:\s*\S|(?!\. Log))|during \w+ pass:|internal compiler error",
        _TEST,
        "the compiler has something to say of this kernel (tt-metal#25891)",
    ),
    _row(
        r"build failed\. Log:\s*$|failed to generate binaries(?!.*build failed)",
        _HOST,
        "tt-metal jit_build: the compiler itself didn't say why",
    ),
)

RULES = (*_HOST_RULES, *_COMPILER_RULES, *_BOARD_RULES, *_TEST_RULES)
"""Every row; the first that matches decides. The host comes first: a board may seem hung because of what it lacks."""
