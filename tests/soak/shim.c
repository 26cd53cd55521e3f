/* Loaded into the lab's processes: a clock that is wrong and a disk that is slow, both switched from outside.

   The switch is the file beside this library, `<library>.switch`: two 64-bit numbers, seconds by which the wall clock
   is off and microseconds that each fsync takes longer. Monotonic clocks stay right, as when somebody sets the time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t nothing[2];
static volatile const int64_t *state = nothing;
static int (*true_gettime)(clockid_t, struct timespec *);
static int (*true_fsync)(int);
static int (*true_fdatasync)(int);

__attribute__((constructor)) static void load(void)
{
	Dl_info self;
	char path[PATH_MAX];
	true_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	true_fsync = dlsym(RTLD_NEXT, "fsync");
	true_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
	if (!dladdr(nothing, &self))
		return;
	snprintf(path, sizeof path, "%s.switch", self.dli_fname);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return;
	void *mapped = mmap(NULL, sizeof nothing, PROT_READ, MAP_SHARED, file, 0);
	close(file);
	if (mapped != MAP_FAILED)
		state = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	int result = true_gettime(clock, time);
	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		time->tv_sec += state[0];
	return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	struct timespec now;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	time->tv_sec = now.tv_sec;
	time->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

int fsync(int file)
{
	if (state[1])
		usleep(state[1]);
	return true_fsync(file);
}

int fdatasync(int file)
{
	if (state[1])
		usleep(state[1]);
	return true_fdatasync(file);
}
