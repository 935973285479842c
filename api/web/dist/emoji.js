var e=[`en`,`hi`,`id`,`es`,`ar`],t=e=>e.normalize(`NFD`).replace(/[\u0300-\u036F\u064B-\u0655]/g,``).toLocaleLowerCase();function n(n){return`👍 thumbsup yes good like|सही पसंद अच्छा|jempol suka setuju|pulgar bien vale|إعجاب موافق جيد
❤️ heart love|दिल प्यार|hati cinta|corazón amor|قلب حب
😂 joy laugh tears lol|हँसी|tertawa ngakak|risa llorar|ضحك
🙏 pray thanks please namaste|धन्यवाद नमस्ते प्रार्थना|terima doa tolong|gracias rezar porfavor|شكرا دعاء
😊 smile blush happy|मुस्कान खुश|senyum senang|sonrisa feliz|ابتسامة سعيد
🎉 tada party celebrate|जश्न पार्टी|pesta selamat|fiesta celebrar|احتفال حفلة
👏 clap applause bravo|ताली शाबाश|tepuk hebat|aplauso bravo|تصفيق أحسنت
🔥 fire hot|आग|api|fuego|نار
😢 cry sad tear|रोना दुख उदास|sedih menangis|triste llanto|حزين بكاء
😍 love_eyes adore|प्रेम|jatuhcinta|enamorado|معجب
🤔 think hmm|सोच|pikir|pensar|تفكير
😅 sweat_smile phew|पसीना|lega|sudor uf|عرق
😁 grin|दाँत|nyengir|dientes|تبسم
😉 wink|आँख|kedip|guiño|غمزة
😎 cool sunglasses|बढ़िया चश्मा|keren|genial gafas|رائع نظارة
😘 kiss|चुंबन|cium|beso|قبلة
😭 sob weep|फूट|tangis|llorar|نحيب
😡 angry mad|गुस्सा|marah|enojado enfado|غضب
😱 scream shock fear|डर चीख|takut kaget|miedo grito|خوف صراخ
😴 sleep tired|नींद सोना|tidur lelah|dormir sueño|نوم
🤗 hug|गले|peluk|abrazo|عناق
🤣 rofl rolling|लोटपोट|terbahak|carcajada|قهقهة
🙂 slight_smile ok|ठीक|biasa|sonreír|بسمة
😐 neutral meh|सामान्य|datar|neutral|محايد
🙄 eye_roll|आँखें|males|ojos|ملل
😬 grimace awkward|अजीब|canggung|mueca|حرج
🥳 partying birthday|जन्मदिन|ulangtahun|cumpleaños|عيد
😇 angel innocent|मासूम फरिश्ता|malaikat|ángel inocente|ملاك
🤒 sick ill fever|बीमार बुखार|sakit demam|enfermo fiebre|مريض حمى
😷 mask|मास्क|masker|mascarilla|كمامة
🤧 sneeze cold|ज़ुकाम छींक|bersin pilek|estornudo resfriado|عطس زكام
😋 yum tasty|स्वादिष्ट|enak lezat|rico sabroso|لذيذ
😞 disappointed|निराश|kecewa|decepción|خيبة
😮 wow surprised|हैरान वाह|wah terkejut|sorpresa|دهشة
😳 flushed shy|शर्म|malu|vergüenza|خجل
🥺 pleading|विनती|mohon|súplica|رجاء
🤝 handshake deal agree|हाथ समझौता|jabat sepakat|acuerdo mano|مصافحة اتفاق
👎 thumbsdown no bad|बुरा नापसंद|jelek tidak|mal no|سيئ رفض
👌 ok_hand perfect fine|उत्तम|sip|perfecto|تمام
✌️ peace victory|शांति जीत|damai|paz victoria|سلام نصر
🤞 fingers_crossed luck|किस्मत|semoga|suerte|حظ
👋 wave hello bye hi|नमस्कार अलविदा|halo dadah|hola adiós|مرحبا وداعا
💪 muscle strong|ताकत मज़बूत|kuat otot|fuerza|قوة
🙌 raised_hands hooray|वाह|hore|viva|مرحى
👉 point_right|दाएँ|kanan|derecha|يمين
👈 point_left|बाएँ|kiri|izquierda|يسار
👆 point_up above|ऊपर|atas|arriba|فوق
👇 point_down below|नीचे|bawah|abajo|تحت
✋ hand stop raise|हाथ रुको|tangan stop|mano alto|يد قف
🤲 palms dua|दुआ|doa|palmas|دعاء
✍️ write writing|लिखना|tulis|escribir|كتابة
👀 eyes look see|देखो|lihat mata|mirar ojos|عيون نظر
🗣️ speak talk|बोलना|bicara|hablar|كلام
👤 person user|व्यक्ति|orang|persona|شخص
👥 people group|लोग समूह|orang grup|gente grupo|ناس مجموعة
👨‍👩‍👧 family|परिवार|keluarga|familia|عائلة
👶 baby|बच्चा शिशु|bayi|bebé|رضيع
👵 grandmother old_woman|दादी नानी|nenek|abuela|جدة
👴 grandfather old_man|दादा नाना|kakek|abuelo|جد
👩‍🏫 teacher|शिक्षक|guru|maestra profesora|معلمة
👩‍⚕️ doctor nurse|डॉक्टर|dokter|médica doctora|طبيبة
👷 worker builder|मज़दूर|pekerja tukang|obrero|عامل
🤷 shrug dunno|पतानहीं|entah|nosé|لاأدري
🤦 facepalm|माथा|tepokjidat|palmada|إحباط
🙋 raising_hand question|सवाल|angkattangan|pregunta|سؤال
🚶 walk|पैदल|jalan|caminar|مشي
🏃 run hurry|दौड़ जल्दी|lari|correr prisa|ركض
💃 dance|नाच|tari|baile|رقص
❓ question|प्रश्न|tanya|duda|استفهام
❗ exclamation important|ज़रूरी|penting|importante|مهم
⚠️ warning careful|चेतावनी सावधान|awas peringatan|aviso cuidado|تحذير
✅ check done yes|पूरा हो|selesai centang|hecho listo|تم صح
❌ cross wrong no|गलत नहीं|salah batal|error no|خطأ لا
⛔ forbidden no_entry|मना|dilarang|prohibido|ممنوع
💯 hundred perfect|सौ|seratus|cien|مئة
⭐ star|तारा|bintang|estrella|نجمة
✨ sparkles new|चमक|kilau|brillo|بريق
💡 idea bulb|विचार बत्ती|ide lampu|idea luz|فكرة مصباح
⏰ alarm clock time|घड़ी समय|jam alarm|hora reloj|منبه وقت
⌛ hourglass wait|इंतज़ार|tunggu|espera|انتظار
📅 calendar date|तारीख कैलेंडर|tanggal kalender|fecha calendario|تاريخ تقويم
📌 pin|पिन|pin|chincheta|دبوس
📍 place location here|जगह यहाँ|lokasi sini|lugar aquí|مكان هنا
📢 announce loudspeaker|घोषणा|pengumuman|anuncio altavoz|إعلان
🔔 bell remind|घंटी|lonceng|campana|جرس
📞 phone call|फ़ोन|telepon|teléfono llamar|هاتف اتصال
📱 mobile|मोबाइल|ponsel hp|móvil celular|جوال
💻 laptop computer|कंप्यूटर|laptop komputer|computadora portátil|حاسوب
📷 camera photo|कैमरा फ़ोटो|kamera foto|cámara foto|كاميرا صورة
🎥 video film|वीडियो|video|vídeo|فيديو
🎤 microphone sing|माइक गाना|mikrofon nyanyi|micrófono cantar|ميكروفون
🎵 music note|संगीत|musik|música|موسيقى
📚 books study|किताबें पढ़ाई|buku belajar|libros estudio|كتب دراسة
📝 memo note|नोट|catatan|nota|ملاحظة
📄 page document|कागज़ दस्तावेज़|dokumen kertas|documento papel|وثيقة ورقة
📦 package box|डिब्बा पैकेट|paket kotak|paquete caja|صندوق طرد
✉️ envelope mail letter|चिट्ठी|surat|carta correo|رسالة بريد
🔑 key|चाबी|kunci|llave|مفتاح
🔒 lock|ताला|gembok|candado|قفل
🔗 link chain|कड़ी लिंक|tautan|enlace|رابط
🔍 search find|खोज|cari|buscar|بحث
🔧 wrench tool repair|औज़ार मरम्मत|alat perbaiki|herramienta arreglar|أداة إصلاح
🧹 broom clean|झाड़ू सफ़ाई|sapu bersih|escoba limpiar|مكنسة تنظيف
🗑️ trash bin|कूड़ा|sampah|basura|قمامة
🛒 cart shopping|खरीदारी|belanja|compras|تسوق
💰 money|पैसा|uang|dinero|مال
💊 pill medicine|दवा|obat|medicina pastilla|دواء
🩹 bandage first_aid|पट्टी|perban|venda curita|ضمادة
🚑 ambulance|एम्बुलेंस|ambulans|ambulancia|إسعاف
🚒 fire_engine|दमकल|damkar|bomberos|إطفاء
🚓 police|पुलिस|polisi|policía|شرطة
🚗 car|गाड़ी कार|mobil|coche carro|سيارة
🚌 bus|बस|bus|autobús|حافلة
🚆 train|रेल ट्रेन|kereta|tren|قطار
🚲 bicycle bike|साइकिल|sepeda|bicicleta|دراجة
🛵 scooter motorbike|स्कूटर मोटरसाइकिल|motor|moto|دراجةنارية
✈️ airplane flight|हवाईजहाज़|pesawat|avión|طائرة
🚢 ship boat|जहाज़|kapal|barco|سفينة
🏠 house home|घर|rumah|casa|بيت منزل
🏫 school|स्कूल विद्यालय|sekolah|escuela|مدرسة
🏥 hospital|अस्पताल|rumahsakit|hospital|مستشفى
🏪 shop store|दुकान|toko warung|tienda|متجر دكان
🕌 mosque|मस्जिद|masjid|mezquita|مسجد
⛪ church|गिरजाघर|gereja|iglesia|كنيسة
🛕 temple|मंदिर|kuil pura|templo|معبد
🌍 earth world|दुनिया पृथ्वी|dunia bumi|mundo tierra|عالم أرض
🌳 tree|पेड़|pohon|árbol|شجرة
🌱 plant seedling|पौधा|tanaman|planta|نبتة
🌹 rose|गुलाब|mawar|rosa|وردة
🌸 flower blossom|फूल|bunga|flor|زهرة
💐 bouquet|गुलदस्ता|buket|ramo|باقة
☀️ sun sunny|सूरज धूप|matahari cerah|sol|شمس
🌙 moon night|चाँद रात|bulan malam|luna noche|قمر ليل
☁️ cloud|बादल|awan|nube|سحابة
🌧️ rain|बारिश|hujan|lluvia|مطر
⛈️ storm thunder|तूफ़ान|badai|tormenta|عاصفة
❄️ snow cold|बर्फ़ ठंड|salju dingin|nieve frío|ثلج برد
🌈 rainbow|इंद्रधनुष|pelangi|arcoíris|قوسقزح
💧 water drop|पानी|air|agua|ماء
🌊 flood sea wave_water|बाढ़ समुद्र|banjir laut|inundación mar|فيضان بحر
☕ coffee|कॉफ़ी|kopi|café|قهوة
🍵 tea chai|चाय|teh|té|شاي
🥛 milk|दूध|susu|leche|حليب
🍞 bread|रोटी ब्रेड|roti|pan|خبز
🍚 rice|चावल|nasi beras|arroz|أرز
🍲 stew pot food|खाना|makanan sup|comida olla|طعام قدر
🍛 curry|करी|kari|curry|كاري
🍕 pizza|पिज़्ज़ा|pizza|pizza|بيتزا
🍎 apple|सेब|apel|manzana|تفاحة
🍌 banana|केला|pisang|plátano banana|موز
🥭 mango|आम|mangga|mango|مانجو
🥕 carrot vegetable|गाजर सब्ज़ी|wortel sayur|zanahoria verdura|جزر خضار
🥚 egg|अंडा|telur|huevo|بيضة
🍗 chicken|मुर्गा|ayam|pollo|دجاج
🐟 fish|मछली|ikan|pescado pez|سمك
🎂 cake birthday|केक|kue|pastel torta|كعكة
🎁 gift present|तोहफ़ा|hadiah|regalo|هدية
🎈 balloon|गुब्बारा|balon|globo|بالون
🪔 lamp diwali|दीया दीपावली|pelita|lámpara|سراج
🏆 trophy win|ट्रॉफ़ी जीत|piala juara|trofeo ganar|كأس فوز
⚽ football soccer|फ़ुटबॉल|bola|fútbol|كرة
🏏 cricket|क्रिकेट|kriket|críquet|كريكيت
🎨 art paint|कला|seni|arte|فن
🐶 dog|कुत्ता|anjing|perro|كلب
🐱 cat|बिल्ली|kucing|gato|قطة
🐄 cow|गाय|sapi|vaca|بقرة
🐐 goat|बकरी|kambing|cabra|ماعز
🐦 bird|चिड़िया|burung|pájaro|طائر
🕊️ dove|कबूतर|merpati|paloma|حمامة
🚀 rocket|रॉकेट|roket|cohete|صاروخ
💔 broken_heart|दिलटूटा|patahhati|desamor|قلبمكسور
💙 blue_heart|नीला|biru|azul|أزرق
💚 green_heart|हरा|hijau|verde|أخضر
💛 yellow_heart|पीला|kuning|amarillo|أصفر`.split(`
`).map(r=>{let[i,a]=[r.slice(0,r.indexOf(` `)),r.slice(r.indexOf(` `)+1)],o=a.split(`|`),s=o[e.indexOf(n)]??o[0];return{sign:i,name:s.split(` `)[0],words:`${s} ${o[0]}`.split(` `).flatMap(e=>[e,...e.split(`_`).slice(1)]).map(t)}})}function r(e,n,r){let i=t(n),a=e=>{let t=e.words.findIndex(e=>e.startsWith(i));return t<0?9:Math.min(t,1)};return e.map(e=>({e,r:a(e)})).filter(e=>e.r<9).sort((e,t)=>e.r-t.r).slice(0,r).map(e=>e.e)}export{r as emojiFor,n as emojiIn};