#include <tenon/plugin.h>
#include <tenon/steps/steps.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace steps {
namespace {

class Silent : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override { std::move(step).next(); }
};
class A : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override {
    step.set(kCount, 1);
    std::move(step).next();
  }
};
class B : public Silent {};
class C : public Silent {};
class D : public Silent {};

class Count : public Silent {};
class Label : public Silent {};

/// Can't be undone, but checked and skipped.
class Checked : public tenon::Flow {
 public:
  bool skip(const tenon::FlowData& /*data*/) const override { return false; }
  void pre_check(tenon::FlowStep step) const override { std::move(step).next(); }
  void run(tenon::FlowStep step) const override { std::move(step).next(); }
};

/// Asks for what its interface gives.
class Extension : public Point {
 public:
  void pre_check(tenon::FlowStep step) const override { std::move(step).next(); }
  void run(tenon::FlowStep step) const override { std::move(step).next(); }
  void rollback(tenon::FlowStep step) const override { std::move(step).next(); }
};

/// Can't be undone, and needs the notes that its interface only may give: no chain can have it.
class Demanding : public Point {
 public:
  void pre_check(tenon::FlowStep step) const override { std::move(step).next(); }
  void run(tenon::FlowStep step) const override {
    step.set(kCount, 2);
    std::move(step).next();
  }
};

/// Counts as steps.A does.
class PlainExtension : public Plain {
 public:
  void run(tenon::FlowStep step) const override {
    step.set(kCount, 3);
    std::move(step).next();
  }
  void rollback(tenon::FlowStep step) const override { std::move(step).next(); }
};

class Ear : public Listener {};

/// Needs the only listener, and counts the extensions of a point.
class Hearing : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override {
    step.set(kPoints, listener ? static_cast<std::int64_t>(points.size()) : -1);
    std::move(step).next();
  }
  tenon::Ref<Listener> listener;
  tenon::Extensions<Point> points;
};

class Configured : public Silent {
 public:
  std::string file;
};

class Started : public Silent, public tenon::Component {};

class Unmakable : public Silent {
 public:
  Unmakable() { throw std::runtime_error("no device"); }
};

/// Has two chains, one in a member and one by a setter. Writes down what it knows of them as it starts.
class Manager : public tenon::Component {
 public:
  void set_flow_class_names(tenon::FlowChain chain) { by_setter = std::move(chain); }
  void start() override {
    std::ofstream out(file, std::ios::app);
    for (const tenon::FlowChain* chain : {&by_setter, &by_member}) {
      out << (chain->empty() ? "empty" : "full") << (chain->chain() != nullptr ? " chain" : " none");
      for (const std::string& name : chain->names()) out << " " << name;
      out << "\n";
    }
  }
  std::string file;
  tenon::FlowChain by_setter;
  tenon::FlowChain by_member;
};

}  // namespace
}  // namespace steps

TENON_PLUGIN("steps", "1.0.0", plugin) {
  plugin.flow<steps::A>("steps.A").writes(steps::kCount);
  plugin.flow<steps::B>("steps.B");
  plugin.flow<steps::C>("steps.C");
  plugin.flow<steps::D>("steps.D");
  plugin.flow<steps::Count>("steps.Count").reads(steps::kCount);
  plugin.flow<steps::Label>("steps.Label").reads(tenon::FlowKey<std::string>{"count"});
  plugin.flow<steps::Checked>("steps.Checked").reads(steps::kHost);
  plugin.bean<steps::Extension>("steps.Extension").implements<steps::Point>().reads(steps::kHost);
  plugin.bean<steps::Demanding>("steps.Demanding")
      .implements<steps::Point>()
      .reads(steps::kNotes)
      .reads(steps::kHost)
      .writes(steps::kCount);
  plugin.bean<steps::PlainExtension>("steps.PlainExtension").implements<steps::Plain>().writes(steps::kCount);
  plugin.bean<steps::Ear>("steps.Ear").implements<steps::Listener>();
  plugin.flow<steps::Hearing>("steps.Hearing")
      .inject(&steps::Hearing::listener)
      .inject(&steps::Hearing::points)
      .writes(steps::kPoints);
  plugin.flow<steps::Configured>("steps.Configured").property("file", &steps::Configured::file, {.required = true});
  plugin.flow<steps::Started>("steps.Started");
  plugin.flow<steps::Unmakable>("steps.Unmakable");
  plugin.bean<steps::Manager>("steps.Manager")
      .property("file", &steps::Manager::file)
      .property("createFlows", &steps::Manager::set_flow_class_names)
      .property("deleteFlows", &steps::Manager::by_member);
}
