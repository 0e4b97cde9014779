// Ctrl-C and the other signals that ask a program to end.
#pragma once

#include <atomic>
#include <csignal>

namespace ceres_align::cli {

/// A write beyond the limit of file sizes or into a closed pipe is then an error of that write,
/// not the program's end.
void TakeWriteErrorsAsErrors();

/// While it lives, the signals are noted instead of ending the program. One at a time, on the main
/// thread; signals may arrive on any.
class SignalNotes {
 public:
  enum class Watch {
    kInterrupt,  ///< SIGINT, answered on stderr at once; a second one ends the program
    kAll,        ///< SIGINT, SIGTERM, SIGHUP, SIGQUIT, as often as they come
  };
  explicit SignalNotes(Watch watch);
  ~SignalNotes();  ///< as it was before
  SignalNotes(const SignalNotes&) = delete;
  SignalNotes& operator=(const SignalNotes&) = delete;

  /// Whether one has come since; to be polled from any thread.
  static bool Any() { return signal_ != 0; }
  /// Ends the program by the signal that came, as if nobody had watched.
  [[noreturn]] static void EndProgram();

 private:
  static void Note(int signal);
  static void NoteAndTell(int signal);
  static std::atomic<int> signal_;
  const int count_;  // of the signals watched
  struct sigaction before_[4];
};

}  // namespace ceres_align::cli
