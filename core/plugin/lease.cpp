#include "plugin/lease.h"

#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <string>

extern "C" {
[[gnu::visibility("default")]] constinit thread_local tenon::detail::LeaseMark tenon_lease_mark;
}

namespace tenon::plugin {
namespace {

struct Thread {
  std::uint64_t number;
  pid_t id;
  const tenon::detail::LeaseMark* mark;
};

struct Threads {
  std::mutex mutex;
  std::vector<Thread> known;
  std::uint64_t next = 1;
};

/// Never destroyed: threads end after it would be.
Threads& threads() {
  static auto* const all = new Threads;
  return *all;
}

/// Forgets the thread when it ends.
class Notice {
 public:
  explicit Notice(tenon::detail::LeaseMark& mark) {
    Threads& all = threads();
    const std::lock_guard lock(all.mutex);
    number_ = all.next++;
    all.known.push_back({number_, static_cast<pid_t>(::syscall(SYS_gettid)), &mark});
  }
  ~Notice() {
    Threads& all = threads();
    const std::lock_guard lock(all.mutex);
    std::erase_if(all.known, [&](const Thread& thread) { return thread.number == number_; });
    // A lease that a later destructor of this thread takes is told of anew.
    tenon_lease_mark.known = false;
  }
  Notice(const Notice&) = delete;
  Notice& operator=(const Notice&) = delete;

 private:
  std::uint64_t number_;
};

bool membarrier(int command) { return ::syscall(SYS_membarrier, command, 0, 0) == 0; }

/// All threads of this process see from here on what the caller wrote before, or the caller sees what they wrote.
void barrier_on_all_threads() {
  static const bool kPrivate = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  if (kPrivate && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) return;
  if (membarrier(MEMBARRIER_CMD_GLOBAL)) return;
  // Where membarrier(2) is forbidden: taking a right off a page that is in use interrupts every processor that runs a
  // thread of this process.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  static void* const page = ::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  (void)::mprotect(page, 1, PROT_READ | PROT_WRITE);
  *static_cast<volatile char*>(page) = 1;
  (void)::mprotect(page, 1, PROT_READ);
}

}  // namespace

void take_notice(tenon::detail::LeaseMark& mark) noexcept {
  static thread_local const Notice notice(mark);
  mark.known = true;
}

namespace {

/// One for all gates: they are closed seldom, and for a short time.
struct Gates {
  std::mutex mutex;
  std::condition_variable opened;
  std::chrono::milliseconds patience{0};
};

Gates& gates() {
  static auto* const all = new Gates;
  return *all;
}

}  // namespace

void wait_at_gate(const ExtensionSlot& slot) {
  Gates& all = gates();
  std::unique_lock lock(all.mutex);
  const bool open = all.opened.wait_for(lock, all.patience, [&] { return !slot.gated.load(); });
  if (!open) {
    throw Error(make_error("PLUGIN.1020", "a plugin is being replaced, and does not answer yet",
                           "waited for " + std::to_string(all.patience.count()) + " ms"));
  }
}

void close_gate(ExtensionSlot& slot, std::chrono::milliseconds patience) {
  Gates& all = gates();
  const std::lock_guard lock(all.mutex);
  all.patience = patience;
  slot.gated.store(true, std::memory_order_release);
  slot.list.store(nullptr, std::memory_order_release);
}

void open_gate(ExtensionSlot& slot) {
  Gates& all = gates();
  const std::lock_guard lock(all.mutex);
  slot.gated.store(false, std::memory_order_release);
  all.opened.notify_all();
}

Grace::Grace() {
  barrier_on_all_threads();
  Threads& all = threads();
  const std::lock_guard lock(all.mutex);
  for (const Thread& thread : all.known) {
    const std::uint64_t turn = thread.mark->turn.load(std::memory_order_acquire);
    if (turn % 2 != 0) holders_.push_back({thread.number, thread.id, turn});
  }
}

bool Grace::over() {
  if (holders_.empty()) return true;
  Threads& all = threads();
  const std::lock_guard lock(all.mutex);
  std::erase_if(holders_, [&](const Holder& holder) {
    const auto thread = std::find_if(all.known.begin(), all.known.end(),
                                     [&](const Thread& one) { return one.number == holder.thread; });
    return thread == all.known.end() || thread->mark->turn.load(std::memory_order_acquire) != holder.turn;
  });
  return holders_.empty();
}

std::string Grace::holder() const {
  std::string text;
  for (const Holder& holder : holders_) {
    text.append(text.empty() ? (holders_.size() == 1 ? "a call on thread " : "calls on threads ") : ", ");
    text.append(std::to_string(holder.id));
    std::string name;
    std::ifstream comm("/proc/self/task/" + std::to_string(holder.id) + "/comm");
    std::getline(comm, name);
    if (!name.empty()) text.append(" (").append(name).append(")");
  }
  return text;
}

}  // namespace tenon::plugin
