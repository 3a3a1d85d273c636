#pragma once
#include <zmq.h>
// The socket threads wait on an eventfd beside their socket, and have names; Swift's Glibc module offers neither call.
#include <malloc.h>
#include <pthread.h>
#include <sys/eventfd.h>

int pthread_setname_np(pthread_t thread, const char *name);
static inline int filterscope_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
