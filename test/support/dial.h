#pragma once

#include <filesystem>
#include <string>

#include "support/loading.h"

namespace tenon::test {

/// The descriptors of the test plugin `dial`, on one line each, so that places are easy to tell.
inline const std::string kDialLibrary = "<tenon:library name=\"dial\" version=\"1.0.0\" file=\"dial.so\"/>";
inline const std::string kDialBeans =
    "<bean id=\"Dial\" class=\"dial.Dial\"/><bean id=\"Rooms\" class=\"dial.Rooms\"><tenon:plugin>"
    "<tenon:extension interface=\"tenon.ResourceParents\"/></tenon:plugin></bean>";

inline std::string config_xml(const std::string& category, const std::string& name, const std::string& type,
                              const std::string& default_text, const std::string& more = {}) {
  return "<config><category>" + category + "</category><name>" + name + "</name><defaultValue>" + default_text +
         "</defaultValue><type>" + type + "</type>" + more + "</config>";
}

/// All that a dial holds; shelves, rooms and houses may have intervals of their own.
inline std::string dial_configs() {
  return config_xml("dial", "look.interval", "duration", "30s",
                    "<validator min='1s' max='1h'/><resources>Shelf Room House</resources>") +
         config_xml("dial", "greeting", "java.lang.String", "hello") + config_xml("dial", "loud", "bool", "false") +
         config_xml("dial", "steps", "java.lang.Integer", "7") + config_xml("dial", "ratio", "number", "0.5") +
         config_xml("dial", "paper", "size", "2K");
}

/// Puts the plugin and its descriptors into the folder.
inline void add_dial(LoadingFolder& folder) {
  folder.library(std::filesystem::path(TEST_PLUGINS) / "dial.so");
  folder.beans("dial.xml", kDialLibrary + kDialBeans);
  folder.descriptor("config/dial.xml", "<globalConfig>" + dial_configs() + "</globalConfig>");
}

}  // namespace tenon::test
