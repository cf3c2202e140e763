#include "journal/definition_cache.h"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "journal/records.h"

namespace tenon::journal {

std::string sha256_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (::EVP_Digest(text.data(), text.size(), digest.data(), &size, ::EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available");
  }
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

KnownDefinition& DefinitionCache::of(const flow::Chain& chain) {
  const std::lock_guard lock(mutex_);
  const auto known = chains_.find(&chain);
  if (known != chains_.end() && !known->second.chain.expired()) return *known->second.definition;
  std::erase_if(chains_, [](const auto& entry) { return entry.second.chain.expired(); });
  KnownDefinition& definition = add(chain);
  chains_[&chain] = {chain.weak_from_this(), &definition};
  return definition;
}

KnownDefinition& DefinitionCache::add(const flow::Chain& chain) {
  std::string body = text_(chain);
  std::string sha256 = sha256_of(body);
  std::uint64_t first = 0;
  std::from_chars(sha256.data(), sha256.data() + 16, first, 16);
  const auto id = static_cast<std::int64_t>(first >> 1);
  const auto [entry, added] = definitions_.try_emplace(id);
  if (added) entry->second = {id, clean_text(chain.name), std::move(sha256), std::move(body), 0};
  return entry->second;
}

}  // namespace tenon::journal
