#include "flow/proof_words.h"

namespace tenon::flow {
namespace {

using descriptor::Place;

constexpr std::size_t kMostCandidates = 3;

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

/// Chains that are built in code may have no places.
std::string at(const Place& place) { return place.file.empty() ? "" : " at " + place.to_string(); }
std::string in_brackets(const Place& place) { return place.file.empty() ? "" : " (" + place.to_string() + ")"; }

std::string who(const Chain& chain, const Mention& mention) {
  if (mention.role == Role::kInput) return "an input";
  if (mention.at_point) return "the extension point " + quoted(chain.points[mention.index].interface);
  return step_words(chain, mention.index);
}

std::string who_at(const Chain& chain, const Mention& mention) {
  return who(chain, mention) + at(place_of(chain, mention));
}

std::string_view verb(Role role) {
  switch (role) {
    case Role::kWrites: return "writes";
    case Role::kPromises:
    case Role::kOffers: return "promises";
    default: return "reads";
  }
}

}  // namespace

const Place& place_of(const Chain& chain, const Mention& mention) {
  if (mention.role == Role::kInput) return chain.inputs[mention.index].place;
  return mention.at_point ? chain.points[mention.index].place : chain.steps[mention.index].place;
}

std::string step_words(const Chain& chain, std::uint32_t index) {
  const ChainStep& step = chain.steps[index];
  if (step.interface.empty()) return "flow " + quoted(step.name);
  return "extension " + quoted(step.name) + in_brackets(step.origin);
}

std::string step_at_words(const Chain& chain, std::uint32_t step) {
  return step_words(chain, step) + at(chain.steps[step].place);
}

std::string mention_words(const Chain& chain, const Mention& mention, std::string_view key) {
  switch (mention.role) {
    case Role::kCondition: return "the condition of " + who(chain, mention) + " is on " + quoted(key);
    case Role::kLimit: return "the limit of " + who(chain, mention) + " is named by " + quoted(key);
    default: return who(chain, mention) + " " + std::string(verb(mention.role)) + " " + quoted(key);
  }
}

std::string which_words(const Chain& chain, const Mention& mention) {
  switch (mention.role) {
    case Role::kInput: return ", which is an input of the chain" + in_brackets(place_of(chain, mention));
    case Role::kCondition: return ", which the condition of " + who_at(chain, mention) + " is on";
    case Role::kLimit: return ", which the limit of " + who_at(chain, mention) + " is named by";
    default: return ", which " + who_at(chain, mention) + " " + std::string(verb(mention.role));
  }
}

std::string it_words(const Chain& chain, const Mention& mention) {
  return who_at(chain, mention) + " " + std::string(verb(mention.role)) + " it";
}

std::string candidate_words(const std::vector<const FlowClass*>& flows) {
  std::string text;
  for (std::size_t i = 0; i < flows.size() && i < kMostCandidates; ++i) {
    text += (text.empty() ? "" : " or ") + std::string("flow ") + quoted(flows[i]->name) + " of plugin " +
            quoted(flows[i]->plugin) + in_brackets(flows[i]->place);
  }
  return text.empty() ? text : text + " could produce it";
}

}  // namespace tenon::flow
