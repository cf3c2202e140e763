#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/words.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Tries seeds, then as many inputs that are made of them by chance, the same ones for the same number.
///   PROGRAM SEEDS [COUNT [NUMBER [LAST]]]
/// SEEDS: a folder, with those in it, or one file; LAST: a file that has each input while it is tried, and so the one
/// that ended the program.
namespace {

constexpr std::size_t kLongest = 64 * 1024;

class Mutator {
 public:
  Mutator(std::vector<std::string> seeds, std::uint64_t number) : seeds_(std::move(seeds)), random_(number) {}

  std::string next() {
    std::string input = seeds_[below(seeds_.size())];
    for (std::size_t changes = 1 + below(6); changes > 0; --changes) change(input);
    if (input.size() > kLongest) input.resize(kLongest);
    return input;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(random_() % limit); }

  void change(std::string& input) {
    const std::size_t at = below(input.size() + 1);
    const std::size_t length = below(input.size() - at + 1);
    switch (below(7)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1U << below(8)));
        break;
      case 1: input.insert(at, 1, static_cast<char>(below(256))); break;
      case 2: input.insert(at, tenon::test::fuzz_words()[below(tenon::test::fuzz_words().size())]); break;
      case 3: input.erase(at, below(16)); break;
      case 4: input.insert(at, input.substr(at, length)); break;
      case 5: {  // the rest is another seed's
        const std::string& other = seeds_[below(seeds_.size())];
        input = input.substr(0, at) + other.substr(below(other.size() + 1));
        break;
      }
      default: input.insert(at, below(512), at < input.size() ? input[at] : 'x'); break;
    }
  }

  const std::vector<std::string> seeds_;
  std::mt19937_64 random_;
};

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> read_seeds(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {content(path)};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const auto& file : files) seeds.push_back(content(file));
  return seeds;
}

void attempt(const std::string& input, const std::string& last) {
  if (!last.empty()) std::ofstream(last, std::ios::binary) << input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: " << argv[0] << " SEEDS [COUNT [NUMBER [LAST]]]\n";
    return 64;
  }
  const std::vector<std::string> seeds = read_seeds(argv[1]);
  const std::uint64_t count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  const std::string last = argc > 4 ? argv[4] : "";
  if (seeds.empty()) {
    std::cerr << argv[0] << ": there are no seeds in " << argv[1] << "\n";
    return 1;
  }
  for (const std::string& seed : seeds) attempt(seed, last);
  Mutator mutator(seeds, argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  for (std::uint64_t i = 0; i < count; ++i) attempt(mutator.next(), last);
  std::cout << seeds.size() << " seeds and " << count << " inputs made of them were taken\n";
  return 0;
}
