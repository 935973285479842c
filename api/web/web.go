package web

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
)

//go:embed dist
var dist embed.FS

// Files are what a browser may ask for, by name: index.html, app.js, app.css, …
var Files = func() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant
	}
	return files
}()

// ETags has the strong entity tag of each file, by name.
var ETags = func() map[string]string {
	tags := map[string]string{}
	err := fs.WalkDir(Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(Files, name)
		sum := sha256.Sum256(data)
		tags[name] = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		return err
	})
	if err != nil {
		panic(err) // what is embedded can be read
	}
	return tags
}()
