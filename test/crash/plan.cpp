#include "plan.h"

#include <iterator>
#include <sstream>
#include <stdexcept>

namespace tenon::crash {
namespace {

/// Where the undo of what fails is tried in vain.
constexpr std::int64_t kOwingStep = 2;
constexpr std::uint64_t kSharedSlots = 6;

std::map<std::string, Shape> make_shapes() {
  std::map<std::string, Shape> made;
  for (const bool resumes : {false, true}) {
    const std::string kind = resumes ? "resume." : "rollback.";
    for (const Shape& shape :
         {Shape{"plain", resumes, false, "cccccccc"}, Shape{"parallel", resumes, false, "eeeeeeee"},
          Shape{"retry", resumes, true, "cecececc"}, Shape{"rows", resumes, false, "creecrre"}}) {
      Shape named = shape;
      named.name = kind + shape.name;
      made.emplace(named.name, named);
    }
  }
  return made;
}

}  // namespace

std::string Plan::text() const {
  std::ostringstream out;
  out << number << ' ' << chain << ' ' << slot << ' ' << fail_at << ' ' << owes_at << ' ' << owes << ' ' << flaky;
  return out.str();
}

Plan Plan::parse(const std::string& text) {
  Plan plan;
  std::istringstream in(text);
  in >> plan.number >> plan.chain >> plan.slot >> plan.fail_at >> plan.owes_at >> plan.owes >> plan.flaky;
  if (!in) throw std::runtime_error("no plan: '" + text + "'");
  return plan;
}

const std::map<std::string, Shape>& shapes() {
  static const std::map<std::string, Shape> made = make_shapes();
  return made;
}

std::vector<Plan> typical_plans() {
  std::vector<Plan> plans;
  for (const auto& [name, shape] : shapes()) {
    Plan succeeds;
    succeeds.chain = name;
    plans.push_back(succeeds);
    Plan fails = succeeds;
    fails.fail_at = 7;
    plans.push_back(fails);
    Plan owes = fails;
    owes.fail_at = 6;
    owes.owes_at = kOwingStep;
    owes.owes = 2;
    plans.push_back(owes);
    if (!shape.retries) continue;
    Plan flaky = succeeds;
    flaky.flaky = 2;
    plans.push_back(flaky);
    Plan stuck = flaky;
    stuck.owes_at = kOwingStep;
    stuck.owes = -1;
    plans.push_back(stuck);
  }
  return plans;
}

std::uint64_t Dice::below(std::uint64_t bound) {
  // splitmix64
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return (z ^ (z >> 31U)) % bound;
}

Plan random_plan(Dice& dice) {
  Plan plan;
  plan.chain = std::next(shapes().begin(), static_cast<std::ptrdiff_t>(dice.below(shapes().size())))->first;
  plan.slot = static_cast<std::uint32_t>(dice.below(kSharedSlots));
  if (dice.below(2) == 0) plan.fail_at = 5 + static_cast<std::int64_t>(dice.below(3));
  if (dice.below(3) == 0) {
    plan.owes_at = kOwingStep;
    plan.owes = static_cast<std::int64_t>(dice.below(4)) - 1;
  }
  if (shapes().at(plan.chain).retries) plan.flaky = static_cast<std::int64_t>(dice.below(5));
  return plan;
}

}  // namespace tenon::crash
