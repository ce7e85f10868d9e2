/* Placeholder until the plan executor lands: says so and fails. */
#include <unistd.h>
int main(void) { static const char m[] = "init: not implemented\n"; (void)!write(2, m, sizeof m - 1); return 1; }
