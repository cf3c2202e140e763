#include "daemon/crash_handler.h"

#include <cxxabi.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <exception>
#include <string_view>
#include <typeinfo>
#include <utility>

#include "flow/driven_step.h"
#include "flow/run.h"
#include "plugin/library_names.h"

namespace tenon::daemon {
namespace {

constexpr std::size_t kStackSize = std::size_t{128} * 1024;
constexpr int kMostFrames = 64;
constexpr std::size_t kLongestPath = 512;
/// Nothing is mapped below.
constexpr std::uintptr_t kFirstPage = 4096;
/// So near to the stack pointer, a fault is one of the stack.
constexpr std::uintptr_t kNearStack = std::uintptr_t{256} * 1024;

struct CaughtSignal {
  int number;
  std::string_view name;
};
constexpr std::array<CaughtSignal, 5> kSignals{
    {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"}, {SIGFPE, "SIGFPE"}, {SIGABRT, "SIGABRT"}}};

/// Where one call on the stack is.
struct Frame {
  std::uintptr_t address = 0;
  std::uintptr_t base = 0;
  std::size_t length = 0;
  std::array<char, kLongestPath> path{};
  [[nodiscard]] std::string_view file() const { return {path.data(), length}; }
};

// What the handler works with. It may not allocate, and there is one process to die.
int report = -1;
pid_t process = 0;
std::atomic<pid_t> dying{0};
int first_signal = 0;
std::array<Frame, kMostFrames> frames;
std::array<char, 400> uncaught{};
std::terminate_handler terminate_before = nullptr;

/// Everything here is async-signal-safe.
class Out {
 public:
  Out& operator<<(std::string_view text) {
    for (const char letter : text) {
      if (used_ == buffer_.size()) flush();
      buffer_[used_++] = letter;
    }
    return *this;
  }
  Out& number(std::uint64_t value, int base = 10) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), value, base).ptr;
    return *this << std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }
  void flush() {
    std::size_t at = 0;
    while (at < used_) {
      const ssize_t put = ::write(report, buffer_.data() + at, used_ - at);
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) break;
      at += static_cast<std::size_t>(put);
    }
    used_ = 0;
  }

 private:
  std::array<char, 512> buffer_{};
  std::size_t used_ = 0;
};

/// gmtime is not async-signal-safe. The algorithm is Howard Hinnant's civil_from_days.
void write_time(Out& out) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t days = now.tv_sec / 86'400 + 719'468;
  const std::int64_t seconds = now.tv_sec % 86'400;
  const std::int64_t era = days / 146'097;
  const std::int64_t day_of_era = days % 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const auto two = [&](std::int64_t value) {
    out << (value < 10 ? "0" : "");
    out.number(static_cast<std::uint64_t>(value));
  };
  out << "time: ";
  out.number(static_cast<std::uint64_t>(year)) << "-";
  two(month);
  out << "-";
  two(day_of_year - (153 * shifted + 2) / 5 + 1);
  out << "T";
  two(seconds / 3'600);
  out << ":";
  two(seconds / 60 % 60);
  out << ":";
  two(seconds % 60);
  out << "Z\n";
}

struct Registers {
  std::uintptr_t program = 0;
  std::uintptr_t stack = 0;
  /// Where the call that is interrupted returns to, where there is a register for it.
  std::uintptr_t link = 0;
};

Registers registers_of(const void* context) {
  const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  Registers registers;
#if defined(__x86_64__)
  registers.program = static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
  registers.stack = static_cast<std::uintptr_t>(machine.gregs[REG_RSP]);
#elif defined(__aarch64__)
  registers.program = machine.pc;
  registers.stack = machine.sp;
  registers.link = machine.regs[30];
#endif
  return registers;
}

void write_signal(Out& out, int number, const siginfo_t& info, const Registers& registers) {
  write_time(out);
  const auto* const known =
      std::find_if(kSignals.begin(), kSignals.end(), [&](const CaughtSignal& one) { return one.number == number; });
  out << "signal: " << (known != kSignals.end() ? known->name : "?") << "\n";
  if (number == SIGABRT && uncaught[0] != '\0') out << "reason: " << uncaught.data() << "\n";
  if (number != SIGABRT && info.si_code > 0) {
    const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
    out << "address: 0x";
    out.number(address, 16) << "\n";
    const std::uintptr_t gap = address > registers.stack ? address - registers.stack : registers.stack - address;
    if (number == SIGSEGV && gap < kNearStack) out << "reason: the stack has overflown\n";
  } else if (info.si_code <= 0 && info.si_pid != process) {
    out << "reason: sent by process ";
    out.number(static_cast<std::uint64_t>(info.si_pid)) << "\n";
  }
  std::array<char, 16> name{};
  ::pthread_getname_np(::pthread_self(), name.data(), name.size());
  out << "thread: ";
  out.number(static_cast<std::uint64_t>(::syscall(SYS_gettid))) << " " << name.data() << "\n";
  out.flush();
}

void write_step(Out& out, const flow::DrivenStep& step) {
  if (!step) return;
  // As run_name does it, without a string.
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::array<char, 13> run{};
  std::uint64_t id = step.run;
  for (auto digit = run.rbegin(); digit != run.rend(); ++digit, id >>= 5) *digit = kDigits[id & 31];
  out << "run: " << std::string_view(run.data(), run.size()) << "\nchain: " << step.chain << "\nflow: " << step.step
      << "\ndirection: " << step.direction << "\n";
  out.flush();
}

/// Finds the files that the frames are in, in what the kernel tells: no lock of the dynamic linker is needed, and what
/// is mapped at this moment counts.
class Maps {
 public:
  explicit Maps(int count) : count_(count) {}

  void read() {
    const int maps = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (maps < 0) return;
    std::array<char, 4096> block{};
    for (ssize_t size; (size = ::read(maps, block.data(), block.size())) != 0;) {
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) break;
      for (ssize_t i = 0; i < size; ++i) take(block[static_cast<std::size_t>(i)]);
    }
    ::close(maps);
  }

 private:
  void take(char letter) {
    if (letter == '\n') {
      line({line_.data(), used_});
      used_ = 0;
    } else if (used_ < line_.size()) {
      line_[used_++] = letter;
    }
  }

  /// `7f12-7f13 r-xp 00001000 08:01 42    /path`
  void line(std::string_view text) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::uint64_t offset = 0;
    const char* at = text.data();
    const char* const last = text.data() + text.size();
    at = std::from_chars(at, last, begin, 16).ptr;
    if (at == last || *at != '-') return;
    at = std::from_chars(at + 1, last, end, 16).ptr;
    const std::size_t permissions = static_cast<std::size_t>(at - text.data()) + 6;
    if (permissions >= text.size()) return;
    std::from_chars(text.data() + permissions, last, offset, 16);
    const std::size_t slash = text.find('/');
    const std::string_view path = slash == std::string_view::npos ? std::string_view() : text.substr(slash);
    if (offset == 0) base_ = begin;
    for (int i = 0; i < count_; ++i) {
      Frame& frame = frames[static_cast<std::size_t>(i)];
      if (frame.address < begin || frame.address >= end) continue;
      frame.base = base_;
      frame.length = std::min(path.size(), frame.path.size());
      std::copy_n(path.data(), frame.length, frame.path.data());
    }
  }

  const int count_;
  std::uintptr_t base_ = 0;
  std::array<char, kLongestPath + 128> line_{};
  std::size_t used_ = 0;
};

/// The calls on the stack that is interrupted, into `frames`; how many.
int walk_stack(const Registers& registers) {
  std::array<void*, kMostFrames> found{};
  const int total = ::backtrace(found.data(), kMostFrames);
  // The first ones are the handler's own, up to the one that was interrupted.
  int from = 0;
  while (from < total && reinterpret_cast<std::uintptr_t>(found[static_cast<std::size_t>(from)]) != registers.program)
    ++from;
  int count = 0;
  // A call through a null pointer: there is no code that the unwinder could know the frame of.
  if (registers.program < kFirstPage) {
    from = total;
    frames[static_cast<std::size_t>(count++)].address =
        registers.link != 0 ? registers.link : *reinterpret_cast<const std::uintptr_t*>(registers.stack);
  }
  if (from == total && count == 0) from = 0;  // all that there is
  for (int i = from; i < total && count < kMostFrames; ++i) {
    frames[static_cast<std::size_t>(count++)].address =
        reinterpret_cast<std::uintptr_t>(found[static_cast<std::size_t>(i)]);
  }
  return count;
}

/// False if no file of a plugin is among the frames.
bool write_plugin(Out& out, int count) {
  for (int i = 0; i < count; ++i) {
    const Frame& frame = frames[static_cast<std::size_t>(i)];
    const plugin::LibraryNote note = plugin::find_library(frame.file());
    if (!note) continue;
    out << "plugin: " << note.plugin << "\ngeneration: ";
    out.number(note.generation) << "\nlibrary: " << frame.file() << "\n";
    return true;
  }
  return false;
}

void write_frames(Out& out, int count) {
  out << "stack:\n";
  for (int i = 0; i < count; ++i) {
    const Frame& frame = frames[static_cast<std::size_t>(i)];
    out << "  " << (frame.length > 0 ? frame.file() : "?") << "+0x";
    out.number(frame.length > 0 ? frame.address - frame.base : frame.address, 16) << "\n";
  }
}

/// Dies as if there had been no handler.
void die(int number, bool again) {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(number, &standard, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  if (again) ::syscall(SYS_tgkill, process, ::syscall(SYS_gettid), number);
}

void handle(int number, siginfo_t* info, void* context) {
  const int error = errno;
  const auto self = static_cast<pid_t>(::syscall(SYS_gettid));
  if (::getpid() != process) return die(number, info->si_code <= 0);  // a child, before it became another program
  pid_t nobody = 0;
  if (!dying.compare_exchange_strong(nobody, self)) {
    if (nobody != self) {
      while (true) ::pause();  // the thread that came first ends the process
    }
    // Out of the handler itself: what it was about to tell can't be told.
    Out() << "note: the report ends here: what it needs is damaged\n";
    return die(first_signal, true);
  }
  first_signal = number;
  Out out;
  const Registers registers = registers_of(context);
  write_signal(out, number, *info, registers);
  const flow::DrivenStep step = flow::driven_step();
  write_step(out, step);
  // First by what needs no stack in good order, so that there is an answer if there is none.
  frames[0].address = registers.program;
  Maps(1).read();
  bool blamed = write_plugin(out, 1);
  out.flush();
  const int count = walk_stack(registers);
  Maps(count).read();
  if (!blamed) blamed = write_plugin(out, count);
  // Nothing of a plugin is on the stack, which may be damaged; but a flow of one was called.
  if (!blamed && step && !step.plugin.empty()) out << "plugin: " << step.plugin << "\n";
  write_frames(out, count);
  out.flush();
  errno = error;
  die(number, info->si_code <= 0);  // a fault comes again by itself when the instruction is tried again
}

/// Keeps what the exception says; `abort` then leads to the handler.
[[noreturn]] void note_uncaught() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  std::size_t used = 0;
  const auto append = [&](std::string_view text) {
    for (const char letter : text) {
      if (used + 1 < uncaught.size()) uncaught[used++] = letter == '\n' ? ' ' : letter;
    }
  };
  append("std::terminate");
  if (type != nullptr) {
    append(": uncaught ");
    int status = 0;
    char* name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);  // not freed: this is the end
    append(status == 0 ? name : type->name());
    try {
      std::rethrow_exception(std::current_exception());
    } catch (const std::exception& e) {
      append(": ");
      append(e.what());
    } catch (...) {  // its type is all that there is
    }
  }
  if (terminate_before != nullptr) terminate_before();
  std::abort();
}

constexpr bool kSanitized =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    true;
#else
    false;
#endif

/// Of the main thread, for the process's life: handlers may come until its end.
void give_main_thread_a_stack() {
  alignas(AlternateStack) static std::byte place[sizeof(AlternateStack)];
  static const auto* const stack = new (place) AlternateStack();
  (void)stack;
}

}  // namespace

bool CrashHandler::available() noexcept { return !kSanitized; }

Result<CrashHandler> CrashHandler::install(const std::filesystem::path& file) {
  if (!available()) return CrashHandler({});
  const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0600);
  if (opened < 0) {
    return make_error("NODE.1003", "crashes can't be written down", file.string() + ": " + std::strerror(errno));
  }
  // A disk that is full by then: room for a report is kept. Not all file systems can.
  (void)::fallocate(opened, FALLOC_FL_KEEP_SIZE, 0, off_t{64} * 1024);
  report = opened;
  process = ::getpid();
  dying = 0;
  std::array<void*, 4> warm{};
  (void)::backtrace(warm.data(), static_cast<int>(warm.size()));  // its first call loads a library
  give_main_thread_a_stack();
  terminate_before = std::set_terminate(note_uncaught);
  struct sigaction action {};
  action.sa_sigaction = handle;
  // Without a mask, so that a fault of the handler itself comes to it.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (const CaughtSignal& one : kSignals) ::sigaction(one.number, &action, nullptr);
  return CrashHandler(file);
}

CrashHandler::CrashHandler(CrashHandler&& other) noexcept : file_(std::exchange(other.file_, {})) {}

CrashHandler::~CrashHandler() {
  if (file_.empty()) return;
  for (const CaughtSignal& one : kSignals) ::signal(one.number, SIG_DFL);
  std::set_terminate(terminate_before);
  ::close(std::exchange(report, -1));
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

AlternateStack::AlternateStack() noexcept
    : memory_(::mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
  if (memory_ == MAP_FAILED) return;
  stack_t stack{};
  stack.ss_sp = memory_;
  stack.ss_size = kStackSize;
  ::sigaltstack(&stack, nullptr);
}

AlternateStack::~AlternateStack() {
  if (memory_ == MAP_FAILED) return;
  stack_t off{};
  off.ss_flags = SS_DISABLE;
  ::sigaltstack(&off, nullptr);
  ::munmap(memory_, kStackSize);
}

}  // namespace tenon::daemon
