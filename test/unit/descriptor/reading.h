#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "descriptor/reader.h"

namespace tenon::descriptor {

inline std::vector<std::string> messages_of(const Diagnostics& diagnostics) {
  std::vector<std::string> messages;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) messages.push_back(diagnostic.to_string());
  return messages;
}

/// What one text, called `f.xml`, reads as.
struct Reading {
  Descriptor descriptor;
  std::vector<Text> imports;
  std::vector<std::string> messages;
};

inline Reading read(std::string_view text, const Properties& properties = {}) {
  Reading reading;
  Diagnostics diagnostics;
  reading.descriptor = read_descriptor("f.xml", text, properties, diagnostics, reading.imports);
  reading.messages = messages_of(diagnostics);
  return reading;
}

/// A text that has exactly one thing wrong with it.
struct Mistake {
  std::string text;
  std::string message;
};

inline void expect_each_refused(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes)
    EXPECT_THAT(read(mistake.text).messages, testing::ElementsAre(mistake.message)) << mistake.text;
}

inline std::vector<std::string> texts(const std::vector<Text>& list) {
  std::vector<std::string> result;
  result.reserve(list.size());
  for (const Text& text : list) result.push_back(text.text);
  return result;
}

/// A folder of its own for each test, which is the working directory while the test runs: so files have short names.
class InFolder : public testing::Test {
 protected:
  InFolder() : before_(std::filesystem::current_path()) {
    ::umask(022);  // of the files that others may write, descriptors are not taken
    std::string name = (std::filesystem::temp_directory_path() / "tenon-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::filesystem::current_path(folder_);
  }
  ~InFolder() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }

  static void write(const std::filesystem::path& file, std::string_view text) {
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }

 private:
  std::filesystem::path before_;
  std::filesystem::path folder_;
};

}  // namespace tenon::descriptor
