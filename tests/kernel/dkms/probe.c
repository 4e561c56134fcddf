/* The smallest module with a version: what a driver package brings, for the tests of DKMS and of stale modules. */
#include <linux/init.h>
#include <linux/module.h>

static int __init probe_init(void) { return 0; }
static void __exit probe_exit(void) {}

module_init(probe_init);
module_exit(probe_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("rackwright's test module");
MODULE_VERSION(PROBE_VERSION);
