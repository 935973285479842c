package main

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestFill fills a group of a stopped node with messages, for the browser test of a long list: PANDAL_FILL=directory,group,how many.
func TestFill(t *testing.T) {
	how := strings.Split(os.Getenv("PANDAL_FILL"), ",")
	if len(how) != 3 {
		t.Skip("for the browser tests")
	}
	n, err := strconv.Atoi(how[2])
	if err == nil {
		err = fill(how[0], how[1], n, plainText)
	}
	if err != nil {
		t.Fatal(err)
	}
}
