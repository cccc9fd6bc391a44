/* assert: we were wrong. The library never prints, so a broken promise stops the program where it was broken,
 * in release builds too; a debugger or a core file shows the line. */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

#define assert(condition) ((condition) ? (void)0 : __builtin_trap())

#endif
