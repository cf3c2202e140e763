#include "flow/observer.h"

namespace tenon::flow {

std::string_view waiting_name(Waiting waiting) {
  switch (waiting) {
    case Waiting::kNothing: return "nothing";
    case Waiting::kAnswer: return "answer";
    case Waiting::kGrace: return "grace";
    case Waiting::kLock: return "lock";
    case Waiting::kConcurrency: return "concurrency";
    case Waiting::kBackoff: return "backoff";
    case Waiting::kBranches: return "branches";
    case Waiting::kCommit: return "commit";
    case Waiting::kPaused: return "paused";
    case Waiting::kRecovery: return "recovery";
    case Waiting::kLateAnswer: return "late answer";
  }
  return "?";
}

}  // namespace tenon::flow
