// Joins evaluations that several threads ask for at about the same time into one batch.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <vector>

namespace ceres_align::batch {

/// Threads that evaluate in turns (bodies of Rasterizer::ForEach, each a solver of its own) enter
/// and leave; in between they ask. One of the asking threads leads: it waits until all who have
/// entered are asking, but not longer than `patience`, and carries out what has been asked for by
/// then. Who asks meanwhile is served by the next leader. A thread that has not entered is not
/// waited for and does not wait for others, except for a batch under way.
///
/// Which requests are joined depends on timing, so results must not depend on who is in a batch.
template <typename Job, typename Result>
class BatchJoiner {
 public:
  using Execute = std::function<void(const std::vector<Job>& jobs, std::vector<Result>* results)>;

  /// `execute` is called by one thread at a time. It fills results (of the jobs' number).
  BatchJoiner(Execute execute, std::chrono::microseconds patience)
      : execute_(std::move(execute)), patience_(patience) {}

  void Enter() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++entered_;
  }
  void Leave() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      --entered_;
    }
    asked_.notify_all();  // a leader may now have everyone
  }

  /// Returns when `results` is filled; what `execute` throws is thrown to all whom it served.
  /// `has_entered`: whether the calling thread has.
  void Ask(const std::vector<Job>& jobs, bool has_entered, std::vector<Result>* results) {
    Request request{&jobs, results, has_entered, false, nullptr};
    std::unique_lock<std::mutex> lock(mutex_);
    waiting_.push_back(&request);
    if (has_entered) ++entered_waiting_;
    asked_.notify_all();
    while (!request.done) {
      if (led_) {
        served_.wait(lock);
      } else {
        Lead(&lock, has_entered);
      }
    }
    if (request.error != nullptr) std::rethrow_exception(request.error);
  }

  /// How many batches were carried out.
  size_t num_batches() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return num_batches_;
  }

 private:
  struct Request {
    const std::vector<Job>* jobs;
    std::vector<Result>* results;
    bool has_entered;
    bool done;
    std::exception_ptr error;
  };

  void Lead(std::unique_lock<std::mutex>* lock, bool has_entered) {
    led_ = true;
    if (has_entered) {
      asked_.wait_for(*lock, patience_, [this] { return entered_waiting_ >= entered_; });
    }
    std::vector<Request*> served;
    served.swap(waiting_);
    entered_waiting_ = 0;
    ++num_batches_;
    lock->unlock();
    const std::exception_ptr error = Serve(served);
    lock->lock();
    for (Request* request : served) {
      request->error = error;
      request->done = true;
    }
    led_ = false;
    served_.notify_all();
  }

  // A request alone needs no copies.
  std::exception_ptr Serve(const std::vector<Request*>& served) {
    try {
      if (served.size() == 1) {
        execute_(*served[0]->jobs, served[0]->results);
        return nullptr;
      }
      jobs_.clear();
      for (const Request* r : served) jobs_.insert(jobs_.end(), r->jobs->begin(), r->jobs->end());
      execute_(jobs_, &results_);
      auto next = results_.begin();
      for (Request* r : served) {
        r->results->assign(next, next + static_cast<std::ptrdiff_t>(r->jobs->size()));
        next += static_cast<std::ptrdiff_t>(r->jobs->size());
      }
      return nullptr;
    } catch (...) {
      return std::current_exception();
    }
  }

  const Execute execute_;
  const std::chrono::microseconds patience_;
  mutable std::mutex mutex_;
  std::condition_variable asked_, served_;
  std::vector<Request*> waiting_;
  size_t entered_ = 0, entered_waiting_ = 0, num_batches_ = 0;
  bool led_ = false;
  std::vector<Job> jobs_;        // of the leader
  std::vector<Result> results_;  // of the leader
};

}  // namespace ceres_align::batch
