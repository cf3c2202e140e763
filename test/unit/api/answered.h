#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

#include "api/http.h"

namespace tenon::test {

/// What the server would send in the end: waits for later answers, and does the work of others. Throws after a minute.
inline api::HttpResponse answered(api::HttpResponse response) {
  if (response.later) {
    const auto woken = std::make_shared<std::promise<void>>();
    response.later->notify([woken] { woken->set_value(); });
    if (woken->get_future().wait_for(std::chrono::minutes(1)) != std::future_status::ready) {
      throw std::runtime_error("the answer does not come");
    }
    const auto later = std::move(response.later);
    response = later->answer();
  }
  if (response.work) {
    const auto work = std::move(response.work);
    response = work();
  }
  return response;
}

}  // namespace tenon::test
