// Pause keeps a pod's namespaces: it is their process 1, buries what its children leave, and ends when it is
// told to. It does what upstream's build/pause/linux/pause.c does, without a C compiler.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// version is set by the linker.
var version = "unknown"

func main() {
	for _, word := range os.Args[1:] {
		if strings.EqualFold(word, "-v") {
			fmt.Println("pause", version)
			return
		}
	}
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "Warning: pause should be the first process")
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for one := range signals {
		if one != syscall.SIGCHLD {
			fmt.Fprintln(os.Stderr, "Shutting down, got signal:", one)
			return
		}
		for {
			// One signal may stand for several children.
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}
