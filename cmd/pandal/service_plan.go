package main

import (
	"html"
	"path/filepath"
	"strconv"
	"strings"
)

// place says where a service is set up and what it runs.
type place struct {
	os, home  string
	config    string // where programs of this user keep their settings, on Linux
	share     string // and what they share with the desktop, on Linux
	user      string // the name under which they log in, on Windows
	uid       int
	exe, data string
	up        []string // flags for `pandal up`, beside those that every service has
}

// service is what a system needs to start the node when its person logs in: files to write and commands to run, in their order.
// What fails among needless is no failure.
type service struct {
	files         []serviceFile // the first one is there if the service is installed
	start, again  [][]string    // at first, and after the node has stopped
	stop, removed [][]string    // before the files go, and after
	state         []string      // succeeds where it runs
	needless      map[string]bool
}

type serviceFile struct{ path, text string }

const serviceLabel = "chat.pandal.node" // as launchd wants names

// plan knows three ways: a unit of the user's systemd, an agent of launchd, a task of Windows.
func (p place) plan() service {
	args := append([]string{p.exe, "up", "--no-open", "--quiet", "--data", p.data, "--log-file", filepath.Join(p.data, "log")}, p.up...)
	ui := []string{p.exe, "ui", "--open", "--data", p.data}
	switch p.os {
	case "darwin":
		return p.launchd(args)
	case "windows":
		return p.task(args, ui)
	}
	return p.systemd(args, ui)
}

func (p place) systemd(args, ui []string) service {
	const unit = "pandal.service"
	desktop := "pandal.desktop"
	ctl := func(verb ...string) []string { return append([]string{"systemctl", "--user"}, verb...) }
	return service{
		files: []serviceFile{
			{filepath.Join(p.config, "systemd", "user", unit), `[Unit]
Description=Pandal: the node of your communities

[Service]
ExecStart=` + joined(args, systemdWord) + `
Restart=on-failure
RestartSec=10
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`},
			{filepath.Join(p.share, "applications", desktop), `[Desktop Entry]
Type=Application
Name=Pandal
Comment=Your communities
Exec=` + joined(ui, desktopWord) + ` %u
Terminal=false
Categories=Network;InstantMessaging;
MimeType=x-scheme-handler/pandal;
`},
		},
		start: [][]string{ctl("daemon-reload"), ctl("enable", unit), ctl("restart", unit), {"xdg-mime", "default", desktop, "x-scheme-handler/pandal"}},
		again: [][]string{ctl("restart", unit)},
		stop:  [][]string{ctl("disable", "--now", unit)}, removed: [][]string{ctl("daemon-reload")},
		state: ctl("is-active", "--quiet", unit), needless: map[string]bool{"xdg-mime": true},
	}
}

func (p place) launchd(args []string) service {
	var words strings.Builder
	for _, a := range args {
		words.WriteString("\t\t<string>" + html.EscapeString(a) + "</string>\n")
	}
	domain := "gui/" + strconv.Itoa(p.uid)
	file := filepath.Join(p.home, "Library", "LaunchAgents", serviceLabel+".plist")
	return service{
		files: []serviceFile{{file, `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>` + serviceLabel + `</string>
	<key>ProgramArguments</key>
	<array>
` + words.String() + `	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<dict>
		<key>SuccessfulExit</key>
		<false/>
	</dict>
	<key>Umask</key>
	<integer>63</integer>
</dict>
</plist>
`}},
		start: [][]string{{"launchctl", "bootstrap", domain, file}},
		again: [][]string{{"launchctl", "kickstart", domain + "/" + serviceLabel}},
		stop:  [][]string{{"launchctl", "bootout", domain + "/" + serviceLabel}},
		state: []string{"launchctl", "print", domain + "/" + serviceLabel},
	}
}

// task: the console window that a program started at login would have is kept away by conhost.
func (p place) task(args, ui []string) service {
	const name = "Pandal"
	file := filepath.Join(p.data, "service.xml")
	handler := `HKCU\Software\Classes\pandal`
	return service{
		files: []serviceFile{{file, `<?xml version="1.0"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
	<Triggers><LogonTrigger><Enabled>true</Enabled><UserId>` + html.EscapeString(p.user) + `</UserId></LogonTrigger></Triggers>
	<Principals><Principal id="Author"><UserId>` + html.EscapeString(p.user) + `</UserId><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel></Principal></Principals>
	<Settings>
		<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
		<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
		<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
		<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
		<RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>
	</Settings>
	<Actions Context="Author"><Exec><Command>conhost.exe</Command><Arguments>--headless ` + html.EscapeString(joined(args, windowsWord)) + `</Arguments></Exec></Actions>
</Task>
`}},
		start: [][]string{
			{"schtasks", "/Create", "/F", "/TN", name, "/XML", file}, {"schtasks", "/Run", "/TN", name},
			{"reg", "add", handler, "/f", "/v", "URL Protocol", "/d", ""},
			{"reg", "add", handler + `\shell\open\command`, "/f", "/ve", "/d", joined(append(ui, "%1"), windowsWord)},
		},
		again: [][]string{{"schtasks", "/Run", "/TN", name}},
		stop:  [][]string{{"schtasks", "/Delete", "/F", "/TN", name}, {"reg", "delete", handler, "/f"}},
		state: []string{"schtasks", "/Query", "/TN", name}, needless: map[string]bool{"reg": true},
	}
}

func joined(words []string, quote func(string) string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quote(w)
	}
	return strings.Join(out, " ")
}

// systemdWord quotes a word of a command line of a unit (systemd.service(5), systemd.syntax(7)): what it would replace is doubled.
func systemdWord(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`, `$`, `$$`).Replace(s) + `"`
}

// desktopWord quotes a word of Exec in a desktop entry (Desktop Entry Specification, "The Exec key"): its rule of strings comes on top of that of
// quoting.
func desktopWord(s string) string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`, `%`, `%%`).Replace(s)
	return `"` + strings.ReplaceAll(quoted, `\`, `\\`) + `"`
}

// windowsWord quotes a word as CommandLineToArgvW takes it apart: backslashes count only before a quote.
func windowsWord(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	slashes := 0
	for _, r := range s {
		switch r {
		case '\\':
			slashes++
			continue
		case '"':
			b.WriteString(strings.Repeat(`\`, 2*slashes+1))
		default:
			b.WriteString(strings.Repeat(`\`, slashes))
		}
		slashes = 0
		b.WriteRune(r)
	}
	b.WriteString(strings.Repeat(`\`, 2*slashes) + `"`)
	return b.String()
}
