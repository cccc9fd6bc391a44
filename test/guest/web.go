// A web server and its client, by the runtime that calls the kernel itself: no libc between.
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

func fail(what any) {
	fmt.Println("not ok:", what)
	os.Exit(1)
}

func main() {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	body := strings.Repeat("0123456789abcdef", 1<<16)
	want := fmt.Sprintf("%x", sha256.Sum256([]byte(body)))
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%x", sha256.Sum256(got))
	}))

	client := &http.Client{Timeout: 20 * time.Second}
	var all sync.WaitGroup
	for worker := 0; worker < 8; worker++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < 20; i++ {
				answer, err := client.Post("http://"+listener.Addr().String(), "text/plain", strings.NewReader(body))
				if err != nil {
					fail(err)
				}
				got, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if err != nil || string(got) != want {
					fail(err)
				}
			}
		}()
	}
	all.Wait()

	started := time.Now()
	refused, _ := net.Listen("tcp4", "127.0.0.1:0")
	refused.Close()
	if _, err := net.Dial("tcp4", refused.Addr().String()); err == nil || !strings.Contains(err.Error(), "refused") {
		fail(err)
	}
	listener.Close()
	if time.Since(started) > 5*time.Second {
		fail("too late")
	}
	fmt.Println("ok")
}
