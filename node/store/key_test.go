package store

import (
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
)

// TestKeyVectors reads testdata/key.txt, which stands in SPEC.md too.
func TestKeyVectors(t *testing.T) {
	file, err := os.ReadFile("testdata/key.txt")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	var want [keySize]byte
	for i := range want {
		want[i] = byte(i)
	}
	sentinel := map[string]error{"key": nil, "passphrase": ErrPassphrase, "corrupt": ErrCorrupt, "newer": ErrNewer}
	good := 0
	for _, line := range strings.Split(strings.TrimSpace(string(file)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		data, err := hex.DecodeString(f[2])
		if err != nil {
			t.Fatal(err)
		}
		pass := strings.ReplaceAll(strings.TrimPrefix(f[1], "-"), "_", " ")
		key, _, err := openKey(data, []byte(pass))
		if !errors.Is(err, sentinel[f[0]]) {
			t.Errorf("%s: got %v", line, err)
		}
		if f[0] == "key" {
			good++
			if key != want {
				t.Errorf("%s: got key %x", line, key)
			}
			if !strings.Contains(strings.Join(strings.Fields(string(spec)), ""), f[2]) {
				t.Errorf("SPEC.md does not show %s", f[2])
			}
		}
	}
	if good == 0 {
		t.Error("no good vectors")
	}
}

func FuzzKeyFile(f *testing.F) {
	f.Add(sealKey([keySize]byte{}, nil))
	f.Add([]byte("PDLKEY\x01\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == sealedSize && readCost(data).kib > 1024 {
			return // slow by design
		}
		key, sealed, err := openKey(data, []byte("p"))
		if err == nil && !sealed && string(sealKey(key, nil)) != string(data) {
			t.Errorf("two files for one key: %x", data)
		}
	})
}
