// What Swift's Glibc module does not offer: calls behind _GNU_SOURCE, variadic calls, and macros.
// Every function returns what the system call returns, errno untouched, unless it says otherwise.
#ifndef CTANDEM_H
#define CTANDEM_H

#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

// Event loop
typedef struct {
    uint32_t events;
    uint64_t data;
} tandem_event;

enum {
    TANDEM_EPOLLIN = 0x001,
    TANDEM_EPOLLOUT = 0x004,
    TANDEM_EPOLLERR = 0x008,
    TANDEM_EPOLLHUP = 0x010,
    TANDEM_EPOLLRDHUP = 0x2000,
    TANDEM_EPOLLEXCLUSIVE = 1 << 28,
};
static const uint32_t TANDEM_EPOLLET = 1u << 31;

int tandem_epoll_create(void);
// operation: 1 add, 2 delete, 3 modify.
int tandem_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data);
// The events are written in the kernel's packed layout: read them with tandem_epoll_event.
int tandem_epoll_wait(int epoll, void *events, int maximum, int timeout_milliseconds);
size_t tandem_epoll_event_size(void);
static inline tandem_event tandem_epoll_event(const void *events, int index);

int tandem_eventfd(void);
// recv and send without flags but MSG_NOSIGNAL and those given. No points of cancellation, which cost the C library two atomic
// operations a call in a process with threads; nobody here cancels one.
ssize_t tandem_receive(int socket, void *bytes, size_t length);
ssize_t tandem_send(int socket, const void *bytes, size_t length, int flags);
int tandem_accept(int listener, void *address, uint32_t *length);
ssize_t tandem_sendfile(int socket, int file, int64_t offset, size_t length);
int tandem_listen_backlog(int fd, int backlog);

// Files
// Opens for reading a file of the folder. Its access time is left alone where the system lets us (O_NOATIME is for its owner).
int tandem_open_in(int folder, const char *name);
int tandem_syncfs(int fd);
ssize_t tandem_copy_file_range(int from, int to, size_t length);
// Fails with EEXIST instead of replacing.
int tandem_rename_noreplace(const char *from, const char *to);
// Each takes the other's place in one step. EINVAL or ENOSYS where the file system or the kernel cannot.
int tandem_rename_exchange(const char *one, const char *other);
// Takes a write lock on the whole file for this open file description (F_OFD_SETLK). 0, or -1 with errno EAGAIN.
int tandem_lock_exclusive(int fd);
int tandem_fsync(int fd);

// Processes
// A memory file, closed on exec.
int tandem_memory_file(const char *name);
// Descriptor that becomes readable for signals of the set, which must be blocked.
int tandem_signalfd(const sigset_t *set);
// The next signal's number; 0 if none waits.
int tandem_read_signal(int signalfd);
// One message with up to 253 descriptors. What recvmsg/sendmsg return; received descriptors are closed on exec.
// `count` holds the room on entry and how many came on return; -1 with errno EMSGSIZE when something was cut off.
ssize_t tandem_send_message(int socket, const void *bytes, size_t length, const int *descriptors, int count, int wait);
ssize_t tandem_receive_message(int socket, void *bytes, size_t length, int *descriptors, int *count, int wait);
// The user at the other end of a Unix socket, or (uid_t)-1; its process where asked for.
uid_t tandem_peer_user(int socket, pid_t *process);
int tandem_spawn_close_from(posix_spawn_file_actions_t *actions, int from);
void tandem_set_process_name(const char *name);

const void *tandem_memmem(const void *haystack, size_t haystack_count, const void *needle, size_t needle_count);

#if defined(__x86_64__)
typedef struct __attribute__((packed)) {
    uint32_t events;
    uint64_t data;
} tandem_kernel_event;
#else
typedef struct {
    uint32_t events;
    uint64_t data;
} tandem_kernel_event;
#endif

static inline tandem_event tandem_epoll_event(const void *events, int index) {
    const tandem_kernel_event *event = (const tandem_kernel_event *)events + index;
    return (tandem_event){event->events, event->data};
}

#endif
