// asking prints what Go's own netlink code is told of the interfaces.
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	interfaces, err := net.Interfaces()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, i := range interfaces {
		addresses, err := i.Addrs()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(i.Name, i.Index, i.MTU, i.HardwareAddr, addresses)
	}
}
