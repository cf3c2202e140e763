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
  explicit PropertyUse(const descriptor::Properties& given) : values_(given) {}
  PropertyUse(const PropertyUse&) = delete;
  PropertyUse& operator=(const PropertyUse&) = delete;

  /// Reads the descriptors, each of which may use what another one declares, and resolves all properties. Once.
  [[nodiscard]] std::vector<descriptor::Descriptor> read(const std::vector<std::filesystem::path>& files,
                                                         descriptor::Diagnostics& diagnostics);

  /// What descriptors are read with: also what those that were read declare.
  [[nodiscard]] const descriptor::Properties& values() const noexcept { return values_; }

  /// After all have been read: reports declarations that are wrong or there twice and values that do not fit, and warns
  /// of what is set though nobody declares or uses it. `own`: what the node itself declares, and has checked.
  [[nodiscard]] std::shared_ptr<const config::PropertyTable> check(const Definitions& definitions,
                                                                   const std::vector<config::DeclaredProperty>& own,
                                                                   descriptor::Diagnostics& diagnostics);

 private:
  /// The defaults that they declare count from now on; the names of those that have one.
  std::set<std::string> declare(const std::vector<descriptor::Descriptor>& descriptors);
  void add(const descriptor::LibraryDefinition& library, std::vector<config::DeclaredProperty>& declared,
           descriptor::Diagnostics& diagnostics);
  void check_value(const config::DeclaredProperty& property, const config::ValueRule& rule,
                   descriptor::Diagnostics& diagnostics);
  void warn_of_unknown(const std::vector<config::DeclaredProperty>& declared, descriptor::Diagnostics& diagnostics);

  descriptor::Properties values_;
  std::set<std::string, std::less<>> uses_;
};

}  // namespace tenon::wiring
