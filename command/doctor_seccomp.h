/* doctor_seccomp: may a process here have a seccomp listener? A child tries, as a filter cannot be taken back. */
#ifndef COMMAND_DOCTOR_SECCOMP_H
#define COMMAND_DOCTOR_SECCOMP_H

/* 0, or the errno of the attempt. */
int doctor_try_listener(void);

#endif
