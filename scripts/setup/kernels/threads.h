// Threads of our own for work that is over in less time than a sleeping thread takes to wake.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace codilens {

// One job at a time, in pieces that are dealt out by a counter. Nobody waits for a thread that has not begun: where the cores are busy, the
// calling thread does everything by itself.
class Threads {
 public:
  // Never destroyed: helpers may still wait when the process ends.
  static Threads& Get();

  // How many there are, the calling one included.
  int64_t Count() const { return helpers_ + 1; }

  // Calls work(begin, end) for stretches of [0, count), of `grain` each, from all threads. The calling thread is one of them.
  template <typename Work>
  void Split(int64_t count, int64_t grain, const Work& work) {
    struct Bound {
      static void Call(const void* of, int64_t begin, int64_t end) { (*static_cast<const Work*>(of))(begin, end); }
    };
    Run({&Bound::Call, &work, count, grain});
  }

 private:
  struct Job {
    void (*piece)(const void* of, int64_t begin, int64_t end);
    const void* of;
    int64_t count;
    int64_t grain;
  };

  explicit Threads(int helpers);
  void Run(const Job& job);
  void Take();
  void Help();
  void AwaitRound(uint64_t seen);

  const int helpers_;
  std::mutex busy_;
  // Written while no round is open and nobody is inside.
  Job job_ = {};
  std::atomic<int64_t> next_{0};
  std::atomic<bool> open_{false};
  std::atomic<int> inside_{0};
  std::atomic<uint64_t> round_{0};
  std::atomic<int> asleep_{0};
  std::mutex sleep_;
  std::condition_variable wake_;
};

}  // namespace codilens
