#include "input.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <utility>

#include "api/json_text.h"
#include "failure.h"

namespace tenon::cli {

Json read_input(const std::string& file) {
  return file.empty() ? Json::object() : read_object(file, "the chain's inputs");
}

Json read_object(const std::string& file, const std::string& what) {
  std::string text;
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    std::ifstream in(file, std::ios::binary);
    std::stringstream content;
    content << in.rdbuf();
    if (!in) throw Failure(ExitStatus::kFailed, "cannot read the input " + file);
    text = content.str();
  }
  Result<Json> json = api::parse_json(text);
  const std::string name = file == "-" ? "standard input" : file;
  if (!json) throw Failure(ExitStatus::kFailed, name + ": " + json.error().details);
  if (json->as_object() == nullptr) {
    throw Failure(ExitStatus::kFailed,
                  name + ": expected an object with " + what + ", found " + std::string(json->type_name()));
  }
  return std::move(json).value();
}

}  // namespace tenon::cli
