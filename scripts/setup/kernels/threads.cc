#include "threads.h"

#include <sched.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace codilens {
namespace {

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

int CoresAllowed() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::thread::hardware_concurrency());
}

// As many as the engine's own products use.
int ThreadsWanted() {
  const char* said = std::getenv("TF_NUM_INTRAOP_THREADS");
  const int wanted = said == nullptr ? 0 : std::atoi(said);
  return wanted > 0 ? wanted : CoresAllowed();
}

// For so long a thread waits awake: the next piece of work is mostly nearer than the time that waking takes.
constexpr auto kAwake = std::chrono::microseconds(500);

}  // namespace

Threads& Threads::Get() {
  static Threads* const threads = new Threads(ThreadsWanted() - 1);
  return *threads;
}

Threads::Threads(int helpers) : helpers_(helpers < 0 ? 0 : helpers) {
  for (int i = 0; i < helpers_; ++i) std::thread([this] { Help(); }).detach();
}

void Threads::Take() {
  for (;;) {
    const int64_t begin = next_.fetch_add(job_.grain, std::memory_order_relaxed);
    if (begin >= job_.count) return;
    job_.piece(job_.of, begin, begin + job_.grain < job_.count ? begin + job_.grain : job_.count);
  }
}

void Threads::Run(const Job& job) {
  std::unique_lock<std::mutex> busy(busy_, std::defer_lock);
  if (helpers_ == 0 || job.count <= job.grain || !busy.try_lock()) {
    job.piece(job.of, 0, job.count);
    return;
  }
  job_ = job;
  next_.store(0);
  open_.store(true);
  round_.fetch_add(1);
  if (asleep_.load() > 0) {
    std::lock_guard<std::mutex> lock(sleep_);
    wake_.notify_all();
  }
  Take();
  open_.store(false);
  // Either a helper sees that the round is closed, or it is seen to be inside.
  for (int spins = 0; inside_.load() > 0; ++spins) {
    if (spins < 2000) Pause();
    else sched_yield();
  }
}

void Threads::AwaitRound(uint64_t seen) {
  const auto until = std::chrono::steady_clock::now() + kAwake;
  while (round_.load() == seen) {
    for (int i = 0; i < 32; ++i) Pause();
    if (std::chrono::steady_clock::now() < until) continue;
    std::unique_lock<std::mutex> lock(sleep_);
    ++asleep_;
    wake_.wait(lock, [&] { return round_.load() != seen; });
    --asleep_;
  }
}

void Threads::Help() {
  for (uint64_t seen = 0;;) {
    AwaitRound(seen);
    seen = round_.load();
    ++inside_;
    if (open_.load()) Take();
    --inside_;
  }
}

}  // namespace codilens
