#include "resolve.h"

#include "errors.h"

#include <tenon/storage/command.h>

#include <arpa/inet.h>

#include <utility>

namespace nfs {

tenon::Result<std::string> resolve(const std::string& host, std::chrono::milliseconds limit) {
  in_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) return host;
  // A process can be killed when it takes too long; a thread in getaddrinfo can't.
  auto found = storage::run_command({"getent", "ahosts", host}, limit);
  if (!found) {
    const bool slow = found.error().code == "STORAGE.1103";
    tenon::ErrorCode error = slow ? no_answer(host, "its address was not found in time")
                                  : unusable(host, "the server's name has no address");
    error.causes.push_back(std::move(found).error());
    return error;
  }
  return found->substr(0, found->find_first_of(" \n"));
}

}  // namespace nfs
