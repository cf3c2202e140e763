#include "plugin/bean.h"

#include <tenon/log.h>

#include <exception>
#include <optional>
#include <utility>

#include "descriptor/words.h"
#include "plugin/retirement.h"

namespace tenon::plugin {
namespace {

/// Calls code of a library; what it throws comes back as an ErrorCode, made while the library is surely loaded.
template <class F>
std::optional<ErrorCode> guarded(std::string_view code, std::string_view description, F&& call) {
  try {
    call();
    return std::nullopt;
  } catch (const Error& e) {
    ErrorCode error = make_error(code, description, e.what());
    error.causes.push_back(e.error());
    return error;
  } catch (const std::exception& e) {
    return make_error(code, description, e.what());
  } catch (...) {
    return make_error(code, description, "not a std::exception");
  }
}

class BeanRetiree final : public Retiree {
 public:
  explicit BeanRetiree(Bean* bean) : bean_(bean) {}

  std::string holder() const override {
    const std::int64_t made = bean_->generation().instances();
    if (made == 0) return {};
    return descriptor::counted(static_cast<std::size_t>(made), "object") + " that beans of its library have made";
  }
  void go() noexcept override {
    bean_->stop();
    bean_.reset();
  }
  std::string name() const override { return "bean '" + bean_->id() + "'"; }

 private:
  std::unique_ptr<Bean> bean_;
};

}  // namespace

std::shared_ptr<Bean> Bean::make(std::string id, std::shared_ptr<Generation> generation, const ClassEntry& entry,
                                 std::shared_ptr<Retirement> retirement) {
  auto made = std::make_unique<Bean>(std::move(id), std::move(generation), entry);
  return {made.release(), [retirement = std::move(retirement)](Bean* unused) {
            auto retiree = std::make_unique<BeanRetiree>(unused);
            if (retirement != nullptr) {
              retirement->add(std::move(retiree));
            } else {
              retiree->go();
            }
          }};
}

Bean::Bean(std::string id, std::shared_ptr<Generation> generation, const ClassEntry& entry)
    : id_(std::move(id)), generation_(std::move(generation)), entry_(&entry) {
  if (auto error = guarded("PLUGIN.1009", "the bean's constructor threw", [&] { object_ = entry_->create(); })) {
    throw Error(std::move(*error));
  }
}

Bean::~Bean() {
  if (object_ != nullptr) entry_->destroy(object_);
}

void* Bean::as(std::string_view interface_id) const noexcept {
  for (const InterfaceEntry& interface : entry_->interfaces) {
    if (interface.id == interface_id) return interface.cast(object_);
  }
  return nullptr;
}

void Bean::start() {
  auto error = guarded("PLUGIN.1010", "the bean did not start", [&] {
    if (entry_->component != nullptr) entry_->component(object_)->start();
    started_ = true;
    if (init_ != nullptr) init_->call(object_);
  });
  if (!error) return;
  if (started_ && entry_->component != nullptr) {
    // Its component had started; the init method failed. The destroy method is for beans whose init succeeded.
    destroy_ = nullptr;
    stop();
  }
  started_ = false;
  throw Error(std::move(*error));
}

void Bean::stop() noexcept {
  if (const auto on_stop = std::exchange(on_stop_, nullptr)) on_stop();
  if (!started_) return;
  started_ = false;
  auto report = [&](const std::optional<ErrorCode>& error) {
    if (error) log::error("a bean threw while it was stopped", {{"bean", id_}, {"error", error->details}});
  };
  if (destroy_ != nullptr) report(guarded("PLUGIN.1011", "", [&] { destroy_->call(object_); }));
  if (entry_->component != nullptr) report(guarded("PLUGIN.1011", "", [&] { entry_->component(object_)->stop(); }));
}

const InterfaceEntry* find_interface(const ClassEntry& entry, std::string_view name) noexcept {
  for (const InterfaceEntry& interface : entry.interfaces) {
    if (interface_matches(interface.id, name)) return &interface;
  }
  return nullptr;
}

}  // namespace tenon::plugin
