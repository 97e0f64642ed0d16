#include "node/compile_ahead.hpp"

#include "io/linux/system.hpp"

namespace icpd::node {

CompileAhead::CompileAhead(CompileProcesses& compiler) : compiler_(compiler) {
  thread_ = std::thread([this] {
    io::linux::name_this_thread("compile ahead");
    io::linux::lower_this_thread(5);
    Find find;
    while (waiting_.pop(find)) {
      if (const auto module = find()) compiler_.compile_ahead(*module);
    }
  });
}

CompileAhead::~CompileAhead() {
  waiting_.close();
  std::ignore = waiting_.pop_all(Duration{});
  thread_.join();
}

}  // namespace icpd::node
