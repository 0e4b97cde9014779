#include "cli/signals.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace ceres_align::cli {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

// Made before a signal can come: a handler must not format.
char answer[160];
size_t answer_bytes = 0;

void MakeAnswer() {
  const int bytes =
      std::snprintf(answer, sizeof(answer),
                    "\n%.60s: stopping after this step; Ctrl-C again ends the program at once\n",
                    program_invocation_short_name);
  answer_bytes = static_cast<size_t>(bytes);
}

}  // namespace

std::atomic<int> SignalNotes::signal_{0};

void TakeWriteErrorsAsErrors() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void SignalNotes::Note(int signal) { signal_ = signal; }

void SignalNotes::NoteAndTell(int signal) {
  const int before = errno;
  signal_ = signal;
  // A standard error that is gone has nobody to be told.
  if (write(STDERR_FILENO, answer, answer_bytes) < 0) errno = before;
  errno = before;
}

SignalNotes::SignalNotes(Watch watch) : count_(watch == Watch::kAll ? 4 : 1) {
  signal_ = 0;
  struct sigaction action = {};
  action.sa_handler = Note;
  // No SA_RESTART: a write or an open that waits returns, so that what waits can look.
  if (watch == Watch::kInterrupt) {
    MakeAnswer();
    action.sa_handler = NoteAndTell;
    action.sa_flags = SA_RESETHAND | SA_RESTART;
  }
  for (int i = 0; i < count_; ++i) {
    sigaction(kSignals[i], nullptr, &before_[i]);
    // Who started the program may have said that it shall go on (nohup).
    if (before_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
}

SignalNotes::~SignalNotes() {
  for (int i = 0; i < count_; ++i) sigaction(kSignals[i], &before_[i], nullptr);
}

void SignalNotes::EndProgram() {
  const int signal = signal_;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
  std::_Exit(128 + signal);  // where it is blocked
}

}  // namespace ceres_align::cli
