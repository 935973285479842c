// Runs the benchmarks that print their figures as JSON lines, and prints them as a table with the date and the machine.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// figure is one line of a benchmark's output.
type figure struct {
	Name, Unit, Against, Must string
	Ours, Best                float64
	Anchor, Ratio             *float64
	N, Rounds                 int
}

// Where the benchmarks are.
var packages = [][2]string{{"./cmd/pandal", "."}, {"./node", "."}, {"./node/nodetest", "."}}

const (
	opens  = "<!-- .ci/bench writes what follows -->"
	closes = "<!-- until here -->"
)

func main() {
	if err := run(len(os.Args) > 1 && os.Args[1] == "-readme"); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(readme bool) error {
	var figures []figure
	for _, p := range packages {
		got, err := measure(p[0], p[1])
		if err != nil {
			return err
		}
		figures = append(figures, got...)
	}
	text := table(figures)
	fmt.Print(text)
	if !readme {
		return nil
	}
	old, err := os.ReadFile("README.md")
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), opens)
	_, after, ok2 := strings.Cut(rest, closes)
	if !ok || !ok2 {
		return errors.New("README.md has no marks for the table")
	}
	return os.WriteFile("README.md", []byte(before+opens+"\n\n"+text+"\n"+closes+after), 0o644)
}

// measure runs the benchmarks of a package. What is no figure goes to stderr.
func measure(pkg, which string) (out []figure, err error) {
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", which, "-benchtime", "1x", "-timeout", "60m", pkg)
	cmd.Stderr = os.Stderr
	raw, err := cmd.Output()
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for lines.Scan() {
		var f figure
		if json.Unmarshal(lines.Bytes(), &f) == nil && f.Name != "" {
			out = append(out, f)
			continue
		}
		fmt.Fprintln(os.Stderr, lines.Text())
	}
	if err != nil {
		return nil, fmt.Errorf("benchmarks of %s: %w", pkg, err)
	}
	return out, nil
}

func table(figures []figure) string {
	var b strings.Builder
	size := "without fanout_100"
	if os.Getenv("PANDAL_FULL") == "1" {
		size = "all sizes"
	}
	fmt.Fprintf(&b, "Measured on %s, %s/%s, %d × %s, %s, %s; medians of the rounds.\n\n", time.Now().UTC().Format("2006-01-02"), runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(), processor(), runtime.Version(), size)
	b.WriteString("| what | ours | best round | anchor | ratio | must | rounds × n |\n|---|---|---|---|---|---|---|\n")
	for _, f := range figures {
		anchor, ratio := "–", "–"
		if f.Anchor != nil {
			anchor = fmt.Sprintf("%s (%s)", number(*f.Anchor), f.Against)
		}
		if f.Ratio != nil {
			ratio = number(*f.Ratio)
		}
		must := f.Must
		if must == "" {
			must = "–"
		}
		fmt.Fprintf(&b, "| %s | %s %s | %s | %s | %s | %s | %d × %d |\n", f.Name, number(f.Ours), f.Unit, number(f.Best), anchor, ratio, must, f.Rounds, f.N)
	}
	return b.String()
}

func number(x float64) string {
	if x >= 1000 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

// processor is what the machine calls its cores.
func processor() string {
	raw, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "cores"
	}
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "cores"
}
