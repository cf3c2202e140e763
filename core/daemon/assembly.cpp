#include "daemon/assembly.h"

#include <tenon/event.h>
#include <tenon/log.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "api/plugins_api.h"
#include "api/reserved.h"
#include "flow/definition.h"
#include "journal/recovery.h"
#include "plugin/retirement.h"

namespace tenon::daemon {
namespace {

using namespace std::chrono_literals;

/// How long the end waits for whoever still holds something of a plugin.
constexpr auto kRetirementPatience = 5s;

std::vector<message::ListenerUse> listeners_of(const wiring::Wiring& wiring) {
  std::vector<message::ListenerUse> uses;
  for (const ExtensionEntry& entry : wiring.extension_list(std::string(EventListener::kInterface))) {
    uses.push_back({static_cast<EventListener*>(entry.object), std::string(entry.bean), wiring.find_bean(entry.bean)});
  }
  return uses;
}

journal::JournalOptions journal_options(std::int64_t node) {
  journal::JournalOptions options;
  options.node = node;
  options.definition_text = flow::definition_text;
  options.fenced = [] {
    log::error("another node has taken over the runs of this one, which ends at once");
    std::_Exit(1);
  };
  options.availability = [](const std::string& reason) {
    if (reason.empty()) {
      log::info("the journal is written again");
    } else {
      log::error("the journal can't be written; runs wait", {{"reason", reason}});
    }
  };
  return options;
}

journal::KeeperOptions keeper_options(std::int64_t node, const Settings& settings, const flow::StepResolver& flows,
                                      api::RunLog& runs) {
  journal::KeeperOptions options;
  options.retention.keep = settings.run_retention;
  options.node = node;
  options.chain = [&flows](std::string_view text) { return flow::chain_from_definition(text, flows); };
  options.observer = [&runs](std::uint64_t run, const flow::Chain& chain) { return runs.take_up(run, chain); };
  options.ended = [&runs](const flow::RunResult& result) { runs.taken_up_ended(result); };
  return options;
}

/// Other nodes can change a config on PostgreSQL only.
std::shared_ptr<config::Configs> make_configs(const store::Store& store, StoreHost& host) {
  constexpr auto kPoll = 500ms;
  auto configs = std::make_shared<config::Configs>(
      config::ConfigsOptions{.store = &host, .poll = store.engine() == "sqlite" ? 0ms : kPoll});
  configs->set_listener([](const config::ConfigChange& change) {
    const bool set = change.kind == config::ConfigChange::Kind::kSet;
    log::info(set ? "config set" : "config reset", {{"config", config::full_name(change.category, change.name)},
                                                    {"resource", change.resource ? to_string(*change.resource) : "all"},
                                                    {"before", change.before.value_or("")},
                                                    {"now", change.now.value_or("")},
                                                    {"by", change.by}});
  });
  return configs;
}

/// Runs that are left in good order are not counted as interrupted.
void leave_runs(store::Store& store, std::int64_t node) {
  const Result<std::unique_ptr<store::Connection>> connection = store.connect();
  const Result<void> left = connection ? journal::release_runs(**connection, node) : connection.error();
  if (!left) log::warning("runs that are left count as interrupted", {{"error", left.error().to_string()}});
}

}  // namespace

Assembly::Runs::Runs(Assembly& assembly, const wiring::Current& wiring)
    : node(assembly.store_->node()),
      transactions(assembly.store_->store(), *assembly.plugin_store_, node),
      journal(assembly.store_->store(), journal_options(node)),
      log(assembly.options_.settings->runs_kept),
      engine({.threads = assembly.options_.threads,
              .blocking_threads = assembly.options_.settings->blocking_threads,
              .last_run = assembly.store_->last_run(),
              .clock = assembly.options_.clock,
              .journal = &journal,
              .transactions = &transactions}),
      flows_of_plugins(wiring),
      flows(flows_of_plugins),
      keeper(assembly.store_->store(), engine, keeper_options(node, *assembly.options_.settings, flows, log)) {}

Assembly::Assembly(AssemblyOptions options)
    : options_(std::move(options)),
      log_(*options_.log),
      generations_(std::make_shared<plugin::Retirement>(options_.wake), options_.libraries) {
  log_.set_chains(chains_);
  log_.set_messages(messages_);
  log_.set_tags(tags_);
  tenon::detail::this_node = &log_;
}

Assembly::~Assembly() {
  end();
  tenon::detail::this_node = nullptr;
}

Result<void> Assembly::open() {
  Result<std::unique_ptr<NodeStore>> store = NodeStore::open(*options_.settings);
  if (!store) return store.error();
  store_ = std::move(store).value();
  message::EventHubOptions event_options;
  event_options.retention = options_.settings->event_retention;
  events_.emplace(store_->store(), event_options);
  log_.set_events(*events_);
  store::PluginStoreOptions store_options;
  store_options.committed = [this] { events_->committed(); };
  plugin_store_.emplace(store_->store(), store_options);
  log_.set_store(*plugin_store_);
  configs_ = make_configs(store_->store(), *plugin_store_);
  return {};
}

descriptor::Diagnostics Assembly::load() {
  const Settings& settings = *options_.settings;
  wiring::ReloaderOptions reloading = options_.reloading;
  wiring::LoadRequest& request = reloading.request;
  request.descriptor_folders = settings.descriptors;
  request.plugin_folders = settings.plugins;
  request.library_cache = settings.state / "libraries";
  request.properties = options_.properties;
  request.node = &log_;
  request.configs = configs_;
  request.tags = &tags_;
  request.node_properties = declared_settings();
  request.reserved = api::reserved_names();
  request.prepare = [this](const std::vector<wiring::PluginInfo>&) { return store_->migrate(*options_.settings); };
  request.gate.patience = settings.swap_patience;
  reloading.generations = &generations_;
  reloading.disabled_file = settings.state / "disabled-plugins";
  reloading.wake = options_.wake;
  reloader_.emplace(std::move(reloading));
  return reloader_->start().diagnostics;
}

Result<std::uint64_t> Assembly::start_run(flow::RunRequest request) {
  const auto record = runs_->log.start(runs_->engine, std::move(request));
  return record ? Result<std::uint64_t>((*record)->id()) : record.error();
}

Result<void> Assembly::begin() {
  const wiring::Current& wiring = reloader_->current();
  runs_.emplace(*this, wiring);
  log_.set_engine(&runs_->engine);
  if (const Result<std::size_t> taken_up = runs_->keeper.take_up(); !taken_up) {
    runs_->engine.close();
    end_runs();
    return taken_up.error();
  }
  log_.set_listener([this](std::string_view event) { runs_->keeper.event(std::string(event)); });
  const auto start = [this](flow::RunRequest request) { return start_run(std::move(request)); };
  chains_.open(
      runs_->engine, [&wiring](std::string_view name) { return wiring.get()->find_chain(name); }, start);
  messages_.open(wiring.get()->messages, start);
  events_->set_listeners(listeners_of(*wiring.get()));
  reloader_->set_holder(
      [this](const plugin::Generation& library) { return api::runs_holding(runs_->engine, library); });
  reloader_->set_published([this](const wiring::Wiring& published) { publish(published); });
  return {};
}

void Assembly::publish(const wiring::Wiring& wiring) {
  messages_.set_table(wiring.messages);
  if (published_) published_(wiring);
  events_->set_listeners(listeners_of(wiring));
  runs_->keeper.plugins_changed();
}

bool Assembly::end(Leaving leaving) {
  if (reloader_) {
    reloader_->set_published({});
    reloader_->set_holder({});
  }
  if (runs_) {
    runs_->engine.close();
    events_->stop();
    messages_.close();
    chains_.close();
    end_runs();
    if (leaving == Leaving::kInOrder) leave_runs(store_->store(), store_->node());
  }
  return end_plugins();
}

void Assembly::end_runs() {
  log_.set_listener(nullptr);
  runs_->keeper.stop();
  runs_->transactions.stop();
  runs_->journal.close();
  runs_->engine.drop_standing();
  log_.set_engine(nullptr);
  runs_.reset();
}

bool Assembly::end_plugins() {
  if (!reloader_) return true;
  if (const std::shared_ptr<wiring::Wiring> last = reloader_->current().get()) last->stop();
  reloader_->current().set(nullptr);
  reloader_.reset();
  configs_->set_parents(nullptr);
  if (generations_.retirement()->finish(kRetirementPatience)) return true;
  for (const plugin::Retirement::Waiting& left : generations_.retirement()->waiting()) {
    log::warning("something is still held at the end of the node", {{"what", left.name}, {"held_by", left.holder}});
  }
  return false;
}

}  // namespace tenon::daemon
