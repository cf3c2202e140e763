#include "api/plugins_api.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

#include "api/json_text.h"
#include "api/problem.h"
#include "api/reply.h"
#include "api/run_record.h"
#include "api/wiring_json.h"
#include "flow/run.h"
#include "plugin/bean.h"

namespace tenon::api {
namespace {

Json diagnostics_json(const descriptor::Diagnostics& diagnostics) {
  Json list = Json::array();
  for (const descriptor::Diagnostic& one : diagnostics.sorted()) {
    list.push(Json::object()
                  .add("severity", one.severity == descriptor::Severity::kError ? "error" : "warning")
                  .add("place", one.place.to_string())
                  .add("message", one.message));
  }
  return list;
}

Json report_json(const wiring::ReloadReport& report) {
  Json changes = Json::array();
  for (const std::string& change : report.changes) changes.push(change);
  return Json::object()
      .add("number", std::uint64_t{report.number})
      .add("at", timestamp(report.at))
      .add("took_ms", static_cast<double>(report.took.count()) / 1000)
      .add("reason", report.reason)
      .add("good", report.good)
      .add("changes", std::move(changes))
      .add("diagnostics", diagnostics_json(report.diagnostics));
}

/// Whether a run of the chain needs this very generation.
bool uses(const flow::Chain& chain, const plugin::Generation& generation) {
  return std::any_of(chain.steps.begin(), chain.steps.end(), [&](const flow::ChainStep& step) {
    // What a step of a class keeps is its bean (wiring::Builder, wiring::StepFinder).
    return !step.class_name.empty() && step.keep != nullptr &&
           &static_cast<const plugin::Bean*>(step.keep.get())->generation() == &generation;
  });
}

/// `run 1a (disk.make, at sample.MakeDisk)`.
std::string run_text(const flow::RunState& run) {
  std::string text = "run " + flow::run_name(run.id) + " (" + run.chain;
  for (const flow::RunPlace& place : run.places) text.append(", at ").append(place.step_name);
  return text + ")";
}

}  // namespace

std::string runs_holding(const flow::Engine& engine, const plugin::Generation& generation) {
  constexpr std::size_t kMost = 5;
  std::string text;
  const auto runs = engine.inspect_where([&](const flow::Chain& chain) { return uses(chain, generation); });
  for (std::size_t i = 0; i < runs.size() && i < kMost; ++i) {
    text.append(text.empty() ? "" : ", ").append(run_text(runs[i]));
  }
  if (runs.size() > kMost) text += " and " + std::to_string(runs.size() - kMost) + " other runs";
  return text;
}

namespace {

std::string holders(const flow::Engine& engine, const plugin::Generation& generation) {
  std::string text = runs_holding(engine, generation);
  const std::int64_t values = generation.pins() + generation.instances();
  if (values > 0) text.append(text.empty() ? "" : ", ").append(std::to_string(values) + " values of its code");
  return text.empty() ? "calls under way" : text;
}

Json former_json(const plugin::Generation& generation, const std::string& held_by) {
  return Json::object()
      .add("name", generation.name())
      .add("version", "")
      .add("state", "draining")
      .add("generation", generation.number())
      .add("file", generation.file().string())
      .add("requires", Json::array())
      .add("classes", std::uint64_t{generation.classes().classes.size()})
      .add("pins", generation.pins() + generation.instances())
      .add("held_by", held_by);
}

}  // namespace

void PluginsApi::add_routes(Router& router) const {
  using Parameters = std::vector<std::string>;
  using Verb = wiring::PluginOrder::Verb;
  router.add("GET", "/v1/plugins", "List the plugins, and what is left of former ones",
             [this](const HttpRequest&, const Parameters&) { return list(); });
  router.add("GET", "/v1/plugins/{name}", "Show one plugin: its classes, properties and beans",
             [this](const HttpRequest&, const Parameters& p) { return show(p[0]); });
  router.add("POST", "/v1/plugins/reload", "Look at all descriptors and libraries again",
             [this](const HttpRequest& request, const Parameters&) { return order(request, Verb::kReload, {}); });
  const auto verb = [&](std::string_view name, std::string_view summary, Verb kind) {
    router.add("POST", "/v1/plugins/{name}/" + std::string(name), summary,
               [this, kind](const HttpRequest& request, const Parameters& p) { return order(request, kind, p[0]); });
  };
  verb("disable", "Leave a plugin out, now and at later starts", Verb::kDisable);
  verb("enable", "Take a plugin back that was disabled", Verb::kEnable);
  verb("remove", "Leave a plugin out, and delete its library and its descriptors", Verb::kRemove);
}

std::vector<Json> PluginsApi::former() const {
  std::vector<Json> list;
  if (generations_ == nullptr) return list;
  const std::shared_ptr<wiring::Wiring> wiring = wiring_.get();
  for (const auto& generation : generations_->live()) {
    const wiring::PluginInfo* now = wiring->find_plugin(generation->name());
    if (now != nullptr && now->generation == generation) continue;
    list.push_back(former_json(*generation, holders(engine_, *generation)));
  }
  for (const plugin::Generations::Pinned& pinned : generations_->pinned()) {
    list.push_back(Json::object()
                       .add("name", pinned.name)
                       .add("version", "")
                       .add("state", pinned.waits ? "draining" : "pinned")
                       .add("generation", pinned.number)
                       .add("file", pinned.file.string())
                       .add("requires", Json::array())
                       .add("classes", std::uint64_t{0})
                       .add("pins", std::int64_t{0})
                       .add("held_by", pinned.held_by));
  }
  return list;
}

HttpResponse PluginsApi::list() const {
  Json list = plugins_json(*wiring_.get());
  for (Json& one : former()) list.push(std::move(one));
  if (reloader_ != nullptr) {
    for (const std::string& name : reloader_->disabled()) {
      list.push(Json::object().add("name", name).add("state", "disabled"));
    }
  }
  for (const std::string& name : quarantined_ ? quarantined_() : std::vector<std::string>()) {
    list.push(Json::object().add("name", name).add("state", "quarantined"));
  }
  return reply(list);
}

HttpResponse PluginsApi::show(const std::string& name) const {
  const std::shared_ptr<wiring::Wiring> wiring = wiring_.get();
  const wiring::PluginInfo* found = wiring->find_plugin(name);
  return found != nullptr ? reply(plugin_json(*wiring, *found)) : no_such("plugin", name);
}

HttpResponse PluginsApi::order(const HttpRequest& request, wiring::PluginOrder::Verb verb,
                               const std::string& plugin) const {
  if (reloader_ == nullptr) return problem(409, "nothing is loaded anew here");
  if (!is_administrator(request.peer)) {
    return reply_later([peer = request.peer] {
      return problem(403, "plugins are looked after by administrators, and not by " + user_name(peer));
    });
  }
  return reply_later([reloader = reloader_, verb, plugin, peer = request.peer] {
    const auto told = std::make_shared<std::promise<wiring::ReloadReport>>();
    reloader->order({verb, plugin, user_name(peer)},
                    [told](const wiring::ReloadReport& report) { told->set_value(report); });
    const wiring::ReloadReport report = told->get_future().get();
    if (report.good) return reply(report_json(report));
    HttpResponse refused = problem(409, "not loaded; what was loaded before goes on");
    refused.body = print_json(report_json(report)
                                  .add("type", "about:blank")
                                  .add("title", "Conflict")
                                  .add("status", 409)
                                  .add("detail", "not loaded; what was loaded before goes on"));
    return refused;
  });
}

Json PluginsApi::last_reload() const {
  if (reloader_ == nullptr) return {};
  const std::optional<wiring::ReloadReport> last = reloader_->last();
  return last ? report_json(*last) : Json();
}

}  // namespace tenon::api
