#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <span>
#include <string_view>

/// Which attributes and elements each element of a descriptor may have: the whole language in one place.
namespace tenon::descriptor {

enum class Presence { kOptional, kRequired };
enum class Content { kNotEmpty, kMayBeEmpty };

struct AttributeRule {
  std::string_view name;
  Presence presence = Presence::kOptional;
  Content content = Content::kNotEmpty;
};

/// What Spring has and Tenon does not: a warning.
struct SpringRule {
  std::string_view name;
  /// Blank-separated values of an attribute that say what holds anyway: no warning.
  std::string_view harmless = {};
  /// The attribute that an author leaves out when using this: if it is missing, the whole element is skipped.
  std::string_view stands_for = {};
};

struct ElementRule {
  std::string_view name;
  std::span<const AttributeRule> attributes = {};
  /// Local names. `description` is allowed anywhere and not listed.
  std::span<const std::string_view> children = {};
  std::span<const SpringRule> spring_attributes = {};
  std::span<const SpringRule> spring_children = {};
  bool holds_text = false;
};

namespace rules {

inline constexpr auto kRequired = Presence::kRequired;
inline constexpr auto kOptional = Presence::kOptional;
inline constexpr auto kMayBeEmpty = Content::kMayBeEmpty;

/// The attributes of several lists in one.
template <std::size_t... N>
[[nodiscard]] consteval std::array<AttributeRule, (N + ...)> joined(const AttributeRule (&... lists)[N]) {
  std::array<AttributeRule, (N + ...)> all;
  auto* end = all.begin();
  ((end = std::copy(std::begin(lists), std::end(lists), end)), ...);
  return all;
}

inline constexpr std::string_view kValueElements[] = {"value", "ref", "list", "map", "props"};
inline constexpr SpringRule kSpringValueElements[] = {{"bean"}, {"idref"}, {"null"}, {"array"}, {"set"}, {"meta"}};
inline constexpr SpringRule kSpringCollection[] = {{"value-type"},         {"key-type"},   {"merge", "false default"},
                                                   {"scope", "singleton"}, {"list-class"}, {"map-class"}};

inline constexpr AttributeRule kBeansAttributes[] = {{"default-init-method"}, {"default-destroy-method"}};
inline constexpr std::string_view kBeansChildren[] = {"bean", "library", "import", "list", "map"};
inline constexpr SpringRule kBeansSpringAttributes[] = {{"default-lazy-init", "false default"},
                                                        {"default-merge", "false default"},
                                                        {"default-autowire", "no default"},
                                                        {"default-autowire-candidates"},
                                                        {"profile"}};
inline constexpr SpringRule kBeansSpringChildren[] = {{"alias"},      {"beans"},    {"set"},
                                                      {"properties"}, {"constant"}, {"property-path"}};
inline constexpr ElementRule kBeans{"beans", kBeansAttributes, kBeansChildren, kBeansSpringAttributes,
                                    kBeansSpringChildren};

inline constexpr AttributeRule kImportAttributes[] = {{"resource", kRequired}};
inline constexpr ElementRule kImport{"import", kImportAttributes};

inline constexpr AttributeRule kLibraryAttributes[] = {
    {"name", kRequired}, {"version", kRequired}, {"file", kRequired}, {"sha256"}, {"swap"}};
inline constexpr std::string_view kLibraryChildren[] = {"requires", "property"};
inline constexpr ElementRule kLibrary{"library", kLibraryAttributes, kLibraryChildren};

inline constexpr AttributeRule kRequiresAttributes[] = {{"plugin", kRequired}, {"version"}};
inline constexpr ElementRule kRequires{"requires", kRequiresAttributes};

/// An empty `init-method` means: not even the default of `<beans>`.
inline constexpr AttributeRule kBeanAttributes[] = {{"id"},
                                                    {"name"},
                                                    {"class", kRequired},
                                                    {"depends-on"},
                                                    {"init-method", kOptional, kMayBeEmpty},
                                                    {"destroy-method", kOptional, kMayBeEmpty}};
inline constexpr std::string_view kBeanChildren[] = {"property", "plugin"};
inline constexpr SpringRule kBeanSpringAttributes[] = {{"parent", {}, "class"},
                                                       {"abstract", "false", "class"},
                                                       {"factory-bean", {}, "class"},
                                                       {"factory-method"},
                                                       {"scope", "singleton"},
                                                       {"singleton", "true"},
                                                       {"lazy-init", "false default"},
                                                       {"autowire", "no default"},
                                                       {"autowire-candidate", "true default"},
                                                       {"dependency-check", "none default"},
                                                       {"primary", "false"}};
inline constexpr SpringRule kBeanSpringChildren[] = {{"constructor-arg"}, {"lookup-method"}, {"replaced-method"},
                                                     {"qualifier"},       {"attribute"},     {"meta"}};
inline constexpr ElementRule kBean{"bean", kBeanAttributes, kBeanChildren, kBeanSpringAttributes, kBeanSpringChildren};

inline constexpr std::string_view kPluginChildren[] = {"extension", "driver"};
inline constexpr ElementRule kPlugin{"plugin", {}, kPluginChildren};

inline constexpr AttributeRule kExtensionAttributes[] = {{"interface", kRequired}, {"order"}, {"instance-ref"}};
inline constexpr ElementRule kExtension{"extension", kExtensionAttributes};

inline constexpr AttributeRule kDriverAttributes[] = {{"kind", kRequired}, {"type", kRequired}, {"resource"}};
inline constexpr ElementRule kDriver{"driver", kDriverAttributes};

inline constexpr AttributeRule kPropertyAttributes[] = {
    {"name", kRequired}, {"value", kOptional, kMayBeEmpty}, {"ref"}};
inline constexpr ElementRule kProperty{"property", kPropertyAttributes, kValueElements, {}, kSpringValueElements};

inline constexpr AttributeRule kIdAttribute[] = {{"id", kRequired}};
inline constexpr ElementRule kList{"list", {}, kValueElements, kSpringCollection, kSpringValueElements};
inline constexpr ElementRule kNamedList{"list", kIdAttribute, kValueElements, kSpringCollection, kSpringValueElements};

inline constexpr std::string_view kMapChildren[] = {"entry"};
inline constexpr SpringRule kMapSpringChildren[] = {{"meta"}};
inline constexpr ElementRule kMap{"map", {}, kMapChildren, kSpringCollection, kMapSpringChildren};
inline constexpr ElementRule kNamedMap{"map", kIdAttribute, kMapChildren, kSpringCollection, kMapSpringChildren};

inline constexpr AttributeRule kEntryAttributes[] = {
    {"key", kRequired}, {"value", kOptional, kMayBeEmpty}, {"value-ref"}};
inline constexpr SpringRule kEntrySpringAttributes[] = {{"key-ref", {}, "key"}, {"value-type"}};
inline constexpr SpringRule kEntrySpringChildren[] = {{"key", {}, "key"}, {"bean"},  {"idref"},
                                                      {"null"},           {"array"}, {"set"}};
inline constexpr ElementRule kEntry{"entry", kEntryAttributes, kValueElements, kEntrySpringAttributes,
                                    kEntrySpringChildren};

inline constexpr std::string_view kPropsChildren[] = {"prop"};
inline constexpr ElementRule kProps{"props", {}, kPropsChildren, kSpringCollection};

inline constexpr AttributeRule kPropAttributes[] = {{"key", kRequired}};
inline constexpr ElementRule kProp{"prop", kPropAttributes, {}, {}, {}, true};

inline constexpr SpringRule kValueSpringAttributes[] = {{"type"}};
inline constexpr ElementRule kValue{"value", {}, {}, kValueSpringAttributes, {}, true};

inline constexpr AttributeRule kRefAttributes[] = {{"bean", kRequired}};
inline constexpr SpringRule kRefSpringAttributes[] = {{"local", {}, "bean"}, {"parent", {}, "bean"}};
inline constexpr ElementRule kRef{"ref", kRefAttributes, {}, kRefSpringAttributes};

inline constexpr std::string_view kChainsChildren[] = {"chain"};
inline constexpr ElementRule kChains{"chains", {}, kChainsChildren};

inline constexpr AttributeRule kScopePolicy[] = {{"timeout"}, {"retry"},    {"backoff"},   {"max-backoff"},
                                                 {"jitter"},  {"retry-on"}, {"retry-undo"}};
inline constexpr AttributeRule kStepPolicy[] = {{"undo-timeout"}, {"grace"}, {"undo-retry"}, {"concurrency"}, {"when"}};

inline constexpr AttributeRule kOwnChainAttributes[] = {
    {"name", kRequired}, {"extends"}, {"lock"}, {"recovery"}, {"allow-empty"}};
inline constexpr auto kChainAttributes = joined(kOwnChainAttributes, kScopePolicy);
inline constexpr std::string_view kChainChildren[] = {
    "input", "flow", "extension-point", "chain", "parallel", "replace", "insert-before", "insert-after", "remove"};
inline constexpr ElementRule kChain{"chain", kChainAttributes, kChainChildren};

inline constexpr AttributeRule kInputAttributes[] = {{"key", kRequired}};
inline constexpr ElementRule kInput{"input", kInputAttributes};

inline constexpr std::string_view kSteps[] = {"flow", "extension-point", "chain", "parallel"};

inline constexpr AttributeRule kOwnFlowAttributes[] = {{"class", kRequired}, {"id"}};
inline constexpr auto kFlowAttributes = joined(kOwnFlowAttributes, kScopePolicy, kStepPolicy);
inline constexpr ElementRule kFlow{"flow", kFlowAttributes};

inline constexpr AttributeRule kOwnExtensionPointAttributes[] = {{"interface", kRequired}, {"call"}, {"id"}};
inline constexpr auto kExtensionPointAttributes = joined(kOwnExtensionPointAttributes, kScopePolicy, kStepPolicy);
inline constexpr ElementRule kExtensionPoint{"extension-point", kExtensionPointAttributes};

inline constexpr AttributeRule kOwnSubChainAttributes[] = {{"ref", kRequired}, {"id"}, {"when"}};
inline constexpr auto kSubChainAttributes = joined(kOwnSubChainAttributes, kScopePolicy);
inline constexpr ElementRule kSubChain{"chain", kSubChainAttributes};

inline constexpr AttributeRule kParallelAttributes[] = {{"limit"}, {"id"}};
inline constexpr std::string_view kParallelChildren[] = {"branch", "flow", "extension-point", "chain", "parallel"};
inline constexpr ElementRule kParallel{"parallel", kParallelAttributes, kParallelChildren};
inline constexpr ElementRule kBranch{"branch", {}, kSteps};

inline constexpr AttributeRule kEditAttributes[] = {{"flow"}, {"extension-point"}, {"chain"}, {"id"}};
inline constexpr AttributeRule kReplaceAttributes[] = {{"flow"}, {"extension-point"}, {"chain"}, {"id"}, {"with"}};
inline constexpr ElementRule kReplace{"replace", kReplaceAttributes, kSteps};
inline constexpr ElementRule kInsertBefore{"insert-before", kEditAttributes, kSteps};
inline constexpr ElementRule kInsertAfter{"insert-after", kEditAttributes, kSteps};
inline constexpr ElementRule kRemove{"remove", kEditAttributes};

inline constexpr std::string_view kServiceChildren[] = {"id", "description", "interceptor", "message"};
inline constexpr ElementRule kService{"service", {}, kServiceChildren};

inline constexpr ElementRule kText{"text", {}, {}, {}, {}, true};
inline constexpr AttributeRule kInterceptorAttributes[] = {{"position"}, {"order"}};
inline constexpr ElementRule kInterceptor{"interceptor", kInterceptorAttributes, {}, {}, {}, true};

inline constexpr std::string_view kMessageChildren[] = {
    "name", "serviceId", "description", "interceptor", "field", "route", "run", "queue", "role", "timeout", "command"};
inline constexpr ElementRule kMessage{"message", {}, kMessageChildren};

inline constexpr AttributeRule kFieldAttributes[] = {{"name", kRequired}, {"required"},   {"min"},     {"max"},
                                                     {"min-length"},      {"max-length"}, {"pattern"}, {"one-of"}};
inline constexpr ElementRule kField{"field", kFieldAttributes, {}, {}, {}, true};

inline constexpr AttributeRule kRouteAttributes[] = {{"method", kRequired}, {"path", kRequired}, {"status"}};
inline constexpr ElementRule kRoute{"route", kRouteAttributes};

inline constexpr AttributeRule kRunAttributes[] = {{"chain", kRequired}, {"reply"}};
inline constexpr std::string_view kRunChildren[] = {"input"};
inline constexpr ElementRule kRun{"run", kRunAttributes, kRunChildren};
inline constexpr AttributeRule kRunInputAttributes[] = {{"key", kRequired}, {"field"}, {"as"}};
inline constexpr ElementRule kRunInput{"input", kRunInputAttributes};

inline constexpr AttributeRule kQueueAttributes[] = {{"key", kRequired}, {"parallelism"}};
inline constexpr ElementRule kQueue{"queue", kQueueAttributes};

inline constexpr std::string_view kErrorChildren[] = {"prefix", "description", "code"};
inline constexpr ElementRule kError{"error", {}, kErrorChildren};
inline constexpr std::string_view kCodeChildren[] = {"id", "description", "remedy", "status"};
inline constexpr ElementRule kCode{"code", {}, kCodeChildren};

inline constexpr AttributeRule kValidatorAttributes[] = {{"min"},        {"max"},     {"min-length"},
                                                         {"max-length"}, {"pattern"}, {"one-of"}};
inline constexpr ElementRule kValidator{"validator", kValidatorAttributes};

inline constexpr AttributeRule kOwnDeclarationAttributes[] = {
    {"name", kRequired}, {"type", kRequired}, {"default", kOptional, kMayBeEmpty}};
inline constexpr auto kDeclarationAttributes = joined(kOwnDeclarationAttributes, kValidatorAttributes);
inline constexpr ElementRule kDeclaration{"property", kDeclarationAttributes, {}, {}, {}, true};

inline constexpr std::string_view kGlobalConfigChildren[] = {"config"};
inline constexpr ElementRule kGlobalConfig{"globalConfig", {}, kGlobalConfigChildren};
inline constexpr std::string_view kConfigChildren[] = {"category", "name",      "description", "defaultValue",
                                                       "type",     "validator", "resources"};
inline constexpr ElementRule kConfig{"config", {}, kConfigChildren};

inline constexpr std::string_view kTagsChildren[] = {"tag"};
inline constexpr ElementRule kTags{"tags", {}, kTagsChildren};
inline constexpr AttributeRule kTagAttributes[] = {
    {"resource", kRequired}, {"pattern", kRequired}, {"unique"}, {"inherent"}};
inline constexpr std::string_view kTagChildren[] = {"token", "description"};
inline constexpr ElementRule kTag{"tag", kTagAttributes, kTagChildren};
inline constexpr AttributeRule kTokenAttributes[] = {{"name", kRequired}, {"type"}, {"pattern"}};
inline constexpr ElementRule kToken{"token", kTokenAttributes};

}  // namespace rules
}  // namespace tenon::descriptor
