package docs

// language is one that pages are written in. English has all pages; each of the others has those for people, once pages/CODE is there.
type language struct {
	code, name, dir                string            // name as its readers call it
	skip, open, help, choose, foot string            // the words around every page
	titles                         map[string]string // of what has no page in it
}

// languages in the order of the row on every page; the first is that of pages/ itself, and has the addresses without a code.
var languages = []language{
	{"en", "English", "ltr", "Skip to content", "Open Pandal", "Help", "Language",
		"This page comes from the Pandal on this computer; nothing was fetched from the internet.",
		map[string]string{"api": "API reference", "problems": "Problem codes"}},
	{"hi", "हिन्दी", "ltr", "सीधे सामग्री पर जाएँ", "Pandal खोलें", "मदद", "भाषा",
		"यह पन्ना इसी कंप्यूटर के Pandal से आया है; इंटरनेट से कुछ नहीं लाया गया।",
		map[string]string{"commands": "कमांड लाइन (अंग्रेज़ी में)", "program": "प्रोग्राम (अंग्रेज़ी में)", "api": "API के सभी कार्य (अंग्रेज़ी में)", "problems": "समस्या कोड (अंग्रेज़ी में)"}},
	{"id", "Bahasa Indonesia", "ltr", "Langsung ke isi", "Buka Pandal", "Bantuan", "Bahasa",
		"Halaman ini datang dari Pandal di komputer ini; tidak ada yang diambil dari internet.",
		map[string]string{"commands": "Baris perintah (bahasa Inggris)", "program": "Program (bahasa Inggris)", "api": "Rujukan API (bahasa Inggris)", "problems": "Kode masalah (bahasa Inggris)"}},
	{"es", "Español", "ltr", "Saltar al contenido", "Abrir Pandal", "Ayuda", "Idioma",
		"Esta página viene del Pandal de esta computadora; no se trajo nada de internet.",
		map[string]string{"commands": "La línea de comandos (en inglés)", "program": "Programas (en inglés)", "api": "Referencia de la API (en inglés)", "problems": "Códigos de problemas (en inglés)"}},
	{"ar", "العربية", "rtl", "انتقل إلى المحتوى", "فتح Pandal", "مساعدة", "اللغة",
		"تأتي هذه الصفحة من Pandal على هذا الحاسوب؛ لم يُجلب شيء من الإنترنت.",
		map[string]string{"commands": "سطر الأوامر (بالإنجليزية)", "program": "البرامج (بالإنجليزية)", "api": "مرجع الواجهة البرمجية (بالإنجليزية)", "problems": "رموز المشكلات (بالإنجليزية)"}},
}

func (l *language) english() bool { return l.code == "en" }
