#pragma once

#include <string>
#include <vector>

#include "descriptor/definitions.h"
#include "flow/chain.h"

/// Chains as one line, for tests.
namespace tenon::test {

/// `A *Point sub(B C) <[D][E F]>`: flows, extension points, sub-chains, parallels with their branches.
inline std::string outline(const std::vector<descriptor::StepDefinition>& steps) {
  using Kind = descriptor::StepDefinition::Kind;
  std::string line;
  for (const descriptor::StepDefinition& step : steps) {
    if (!line.empty() && step.kind != Kind::kBranch) line += " ";
    switch (step.kind) {
      case Kind::kFlow: line += step.name.text; break;
      case Kind::kExtensionPoint: line += "*" + step.name.text; break;
      case Kind::kChain: line += step.name.text + "(" + outline(step.steps) + ")"; break;
      case Kind::kParallel: line += "<" + outline(step.steps) + ">"; break;
      case Kind::kBranch: line += "[" + outline(step.steps) + "]"; break;
    }
  }
  return line;
}

inline std::string outline(const flow::Chain& chain, flow::OpRange range) {
  std::string line;
  for (std::uint32_t i = range.begin; i < range.end; ++i) {
    const flow::Op op = chain.ops[i];
    if (!line.empty()) line += " ";
    switch (op.kind) {
      case flow::Op::Kind::kStep: line += chain.steps[op.index].name; break;
      case flow::Op::Kind::kCheck: line += "?" + chain.steps[op.index].name; break;
      case flow::Op::Kind::kOpen: line += "{" + chain.scopes[op.index].name; break;
      case flow::Op::Kind::kClose: line += "}"; break;
      case flow::Op::Kind::kParallel:
        line += "<";
        for (const flow::OpRange& branch : chain.parallels[op.index].branches) {
          line += "[" + outline(chain, branch) + "]";
          i = branch.end - 1;
        }
        line += ">";
        break;
    }
  }
  return line;
}

/// `{sub ?sub/A sub/A } <[B][C D]>`: what is done on the way forward; `?` is a check.
inline std::string outline(const flow::Chain& chain) {
  return outline(chain, {0, static_cast<std::uint32_t>(chain.ops.size())});
}

}  // namespace tenon::test
