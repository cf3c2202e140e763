#include "api/unix_listener.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "support/temp_folder.h"

namespace tenon::api {
namespace {

using ::testing::HasSubstr;

/// A socket's file that nobody listens to, as a killed process leaves it.
void leave_stale_socket(const std::filesystem::path& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ::close(descriptor);
  ASSERT_TRUE(std::filesystem::is_socket(path));
}

TEST(UnixListener, makes_the_folder_and_lets_owner_and_group_in) {
  test::TempFolder folder;
  const auto path = folder.path() / "run" / "x.sock";
  const auto listener = UnixListener::open(path);
  ASSERT_TRUE(listener.ok()) << listener.error().to_string();
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
}

TEST(UnixListener, removes_its_file_when_it_goes) {
  test::TempFolder folder;
  const auto path = folder.path() / "x.sock";
  { ASSERT_TRUE(UnixListener::open(path).ok()); }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(UnixListener, replaces_a_socket_that_nobody_listens_to) {
  test::TempFolder folder;
  const auto path = folder.path() / "x.sock";
  leave_stale_socket(path);
  EXPECT_TRUE(UnixListener::open(path).ok());
}

TEST(UnixListener, leaves_a_socket_alone_that_somebody_listens_to) {
  test::TempFolder folder;
  const auto path = folder.path() / "x.sock";
  const auto first = UnixListener::open(path);
  ASSERT_TRUE(first.ok());
  const auto second = UnixListener::open(path);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().to_string(), "API.1001: another process listens on the socket: " + path.string());
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(UnixListener, removes_nothing_that_is_no_socket) {
  test::TempFolder folder;
  const auto path = folder.write("x.sock", "precious");
  const auto listener = UnixListener::open(path);
  ASSERT_FALSE(listener.ok());
  EXPECT_THAT(listener.error().to_string(), HasSubstr("API.1002"));
  EXPECT_EQ(test::read_file(path), "precious");
}

TEST(UnixListener, refuses_a_path_that_does_not_fit_into_an_address) {
  test::TempFolder folder;
  const auto listener = UnixListener::open(folder.path() / std::string(200, 'x'));
  ASSERT_FALSE(listener.ok());
  EXPECT_THAT(listener.error().to_string(), HasSubstr("longer than 107 bytes"));
}

}  // namespace
}  // namespace tenon::api
