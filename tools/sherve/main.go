// Serves a folder, and redirects by a list of names that lies at a URL: what the workload of the hello-kubecon charm
// does. WEBROOT is the folder; REDIRECT_MAP_URL gives one "name https://where" a line; ADDRESS is where it listens.
package main

import (
	"bufio"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	root, address := os.Getenv("WEBROOT"), os.Getenv("ADDRESS")
	if root == "" {
		log.Fatal("WEBROOT is not set: give the folder to serve")
	}
	if address == "" {
		address = ":8080"
	}
	redirects := fetch(os.Getenv("REDIRECT_MAP_URL"))
	files := http.FileServer(http.Dir(root))
	log.Printf("serving %s and %d redirects on %s", root, len(redirects), address)
	log.Fatal(http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to, ok := redirects[strings.Trim(r.URL.Path, "/")]; ok {
			http.Redirect(w, r, to, http.StatusMovedPermanently)
			return
		}
		files.ServeHTTP(w, r)
	})))
}

// A list that cannot be had leaves a server without redirects: its pages are still there.
func fetch(url string) map[string]string {
	redirects := map[string]string{}
	if url == "" {
		return redirects
	}
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		log.Printf("cannot fetch the redirects: %v", err)
		return redirects
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) == 2 {
			redirects[fields[0]] = fields[1]
		}
	}
	return redirects
}
