#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/property_table.h"
#include "config/value_rule.h"
#include "descriptor/properties.h"
#include "wiring/resolver.h"

namespace tenon::wiring {

/// The properties of one load: with the defaults that plugins declare, and with a note of who uses which.
class PropertyUse {
 public:
  /// `files`: the descriptors, which are searched for declarations before they are read for good: a descriptor may use
  /// what another one declares.
  PropertyUse(const descriptor::Properties& given, const std::vector<std::filesystem::path>& files);
  PropertyUse(const PropertyUse&) = delete;
  PropertyUse& operator=(const PropertyUse&) = delete;

  /// What descriptors are to be read with.
  [[nodiscard]] const descriptor::Properties& values() const noexcept { return values_; }

  /// After all have been read: reports declarations that are wrong or there twice and values that do not fit, and warns
  /// of what is set though nobody declares or uses it. `own`: what the node itself declares, and has checked.
  [[nodiscard]] std::shared_ptr<const config::PropertyTable> check(const Definitions& definitions,
                                                                   const std::vector<config::DeclaredProperty>& own,
                                                                   descriptor::Diagnostics& diagnostics);

 private:
  void add(const descriptor::LibraryDefinition& library, std::vector<config::DeclaredProperty>& declared,
           descriptor::Diagnostics& diagnostics);
  void check_value(const config::DeclaredProperty& property, const config::ValueRule& rule,
                   descriptor::Diagnostics& diagnostics);
  void warn_of_unknown(const std::vector<config::DeclaredProperty>& declared, descriptor::Diagnostics& diagnostics);

  descriptor::Properties values_;
  std::set<std::string, std::less<>> uses_;
};

}  // namespace tenon::wiring
