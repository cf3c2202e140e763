#include <dlfcn.h>
#include <pthread.h>

#include <memory>
#include <new>

#include "daemon/crash_handler.h"

/// Every thread of the process, whoever makes it, begins here: the program's pthread_create is found before libc's, by
/// libraries as well. That gives threads of plugins, and of the libraries that these use, a stack for the crash
/// handler. Sanitizers have their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

struct Start {
  void* (*routine)(void*);
  void* argument;
};

/// Not noexcept: pthread_exit and cancellation unwind through it.
void* begin(void* given) {
  const std::unique_ptr<Start> owned(static_cast<Start*>(given));
  const tenon::daemon::AlternateStack stack;
  return owned->routine(owned->argument);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int pthread_create(pthread_t* thread,
                                                                     const pthread_attr_t* attributes,
                                                                     void* (*routine)(void*), void* argument) noexcept {
  static const auto create = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  std::unique_ptr<Start> start(new (std::nothrow) Start{routine, argument});
  if (start == nullptr) return create(thread, attributes, routine, argument);
  const int problem = create(thread, attributes, begin, start.get());
  if (problem == 0) (void)start.release();
  return problem;
}

#endif
