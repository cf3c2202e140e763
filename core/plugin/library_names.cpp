#include "plugin/library_names.h"

#include <array>
#include <atomic>
#include <cstdint>

namespace tenon::plugin {
namespace {

struct Node {
  std::string file;
  std::string plugin;
  std::atomic<std::uint32_t> generation;
  Node* next;
};

/// Global, as signal handlers are; nodes are only added, and never freed: a handler may be reading.
std::array<std::atomic<Node*>, 1024> lists{};

/// FNV-1a.
std::atomic<Node*>& list_of(std::string_view file) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char letter : file) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  return lists[hash % lists.size()];
}

}  // namespace

void note_library(const std::filesystem::path& file, std::string_view plugin, std::uint32_t generation) {
  std::atomic<Node*>& newest = list_of(file.native());
  for (Node* known = newest.load(std::memory_order_acquire); known != nullptr; known = known->next) {
    if (known->file != file.native() || known->plugin != plugin) continue;
    known->generation.store(generation, std::memory_order_release);
    return;
  }
  auto* node = new Node{file.native(), std::string(plugin), generation, newest.load(std::memory_order_acquire)};
  while (!newest.compare_exchange_weak(node->next, node, std::memory_order_release, std::memory_order_acquire)) {
  }
}

LibraryNote find_library(std::string_view file) noexcept {
  for (const Node* node = list_of(file).load(std::memory_order_acquire); node != nullptr; node = node->next) {
    if (node->file == file) return {node->plugin, node->generation.load(std::memory_order_acquire)};
  }
  return {};
}

}  // namespace tenon::plugin
