"""The words of dates in Persian, English and Swedish, as data; `_` stands for a space inside a phrase.

Spelling is folded before it is compared (`date_lexing.fold`), so ي, ك, آ, é and capitals need no line here.
"""

from portal.dates.calendars import Calendar

MONTHS = {
    Calendar.SOLAR: (
        "فروردین حمل خاکه‌لێوه Farvardin Farvardeen Farwardin Farvadin Hamal",
        "اردیبهشت اردبهشت ثور گوڵان Ordibehesht Ordibehest Ordibehasht Ardibehesht Urdibihisht",
        "خرداد جوزا جۆزەردان Khordad Khordaad Xordad Chordad Jowza Khurdad",
        "تیر سرطان پووشپەڕ Tir Teer Saratan",
        "مرداد امرداد اسد گەلاوێژ Mordad Amordad Murdad Mordaad Mordat",
        (
            "شهریور شهریوار شهرییور سنبله خەرمانان Shahrivar Sharivar Shahriwar Shahrivr Shariwar "
            "Shahriyvar Schahriwar Sahrivar Sharyvar"
        ),
        "مهر میزان ڕەزبەر Mehr Mihr",
        "آبان عقرب خەزەڵوەر گەڵاڕێزان Aban Abaan",
        "آذر آزر قوس سەرماوەز Azar Adhar Aazar",
        "دی جدی بەفرانبار Dey Dei",
        "بهمن دلو ڕێبەندان Bahman",
        "اسفند اسپند حوت ڕەشەمە Esfand Isfand Espand Sfand",
    ),
    Calendar.GREGORIAN: (
        "ژانویه جنوری January Januari Jan",
        "فوریه فبروری February Februari Febuary Feb",
        "مارس March Mars Mar",
        "آوریل آپریل اپریل April Apr",
        "مه می مای May Maj",
        "ژوئن ژوین جون June Juni Jun",
        "ژوئیه ژولای ژولیه جولای July Juli Jul",
        "اوت آگوست اگست August Augusti Aug",
        "سپتامبر سپتمبر September Sept Sep",
        "اکتبر اوکتبر October Oktober Oct Okt",
        "نوامبر نومبر November Nov",
        "دسامبر دسمبر December Dec",
    ),
    Calendar.LUNAR: (
        "محرم محرم‌الحرام Muharram Moharram Muharam Moharam",
        "صفر صفرالمظفر Safar",
        "ربیع‌الاول ربیع_الاول ربیعالاول Rabi_al_awwal Rabi_ol_avval Rabi_al_avval Rabi_ul_awwal Rabi_i",
        "ربیع‌الثانی ربیع‌الاخر ربیعالثانی Rabi_al_thani Rabi_ol_sani Rabi_ul_thani Rabi_al_akhir Rabi_ii",
        "جمادی‌الاول جمادی‌الاولی جمادیالاول Jumada_al_awwal Jumada_al_ula Jamadi_ol_avval Jumada_i",
        (
            "جمادی‌الثانی جمادی‌الثانیه جمادی‌الاخر جمادیالثانی Jumada_al_thani Jumada_al_akhira "
            "Jamadi_ol_sani Jumada_ii"
        ),
        "رجب رجب‌المرجب Rajab",
        "شعبان شعبان‌المعظم Shaban Sha'ban Shaaban",
        "رمضان رمضان‌المبارک Ramadan Ramazan Ramezan Ramzan",
        "شوال Shawwal Shavval Shawal",
        "ذی‌القعده ذیقعده ذوالقعده ذیالقعده Dhu_al_qadah Dhu_al_qida Zighadeh Zilqadah Zilqade Dhul_qadah",
        "ذی‌الحجه ذیحجه ذوالحجه ذیالحجه Dhu_al_hijjah Dhu_al_hijja Zihajjeh Zilhijja Dhul_hijjah Zihajje",
    ),
}
"""Twelve months by calendar; the first spelling is the one written in Persian."""

WRITTEN = {
    Calendar.SOLAR: "Farvardin Ordibehesht Khordad Tir Mordad Shahrivar Mehr Aban Azar Dey Bahman Esfand",
    Calendar.GREGORIAN: (
        "January February March April May June July August September October November December"
    ),
    Calendar.LUNAR: (
        "Muharram Safar Rabi_al-Awwal Rabi_al-Thani Jumada_al-Awwal Jumada_al-Thani Rajab Shaban "
        "Ramadan Shawwal Dhu_al-Qadah Dhu_al-Hijjah"
    ),
}
"""Months as they are written in English."""

ALSO_NAMES = (
    "تیر مهر دی بهمن آذر آزر آبان اسفند اسد میزان عقرب قوس جدی دلو حوت حمل ثور جوزا سرطان سنبله "
    "اسپند رجب شعبان رمضان محرم جون مارس اوت Tir Teer Mehr Mihr Bahman Azar Aban Dey Dei May Maj "
    "March Mars Mar Jan Jun Jul Aug Sep Dec Feb Apr Nov Oct Okt Rajab Shaban Safar Ramazan Ramzan "
    "Saratan Hamal Jowza August Juni April June بهار Bahar"
)
"""Also names of people or other words: alone in a story they are no date without a word that says so."""

WEAK = "می مه مای صفر"
"""Everyday words that are months only beside a year."""

ABBREVIATED = "jan feb mar apr jun jul aug sep sept oct okt nov dec"
"""A full stop after these does not end the sentence."""

SEASONS = {
    "solar": ("بهار Bahar", "تابستان Tabestan", "پاییز پائیز خزان Paeez Paiz Payiz", "زمستان Zemestan"),
    "equinox": ("spring springtime", "summer summertime", "autumn fall", "winter wintertime"),
    "nordic": ("våren", "sommaren sommar", "hösten höst", "vintern vinter"),
}
"""Seasons by the custom of those who say them: `equinox` in English, whole months in Swedish."""

WEEKDAYS = (
    "دوشنبه دو_شنبه Monday Mon måndag måndagen Doshanbeh",
    "سه‌شنبه سه_شنبه سهشنبه Tuesday Tue Tues tisdag tisdagen Seshanbeh",
    "چهارشنبه چهار_شنبه Wednesday Wed onsdag onsdagen Chaharshanbeh",
    "پنجشنبه پنج_شنبه پنج‌شنبه Thursday Thu Thurs torsdag torsdagen Panjshanbeh",
    "جمعه آدینه Friday Fri fredag fredagen Jomeh Jom'eh",
    "شنبه Saturday lördag lördagen Shanbeh",
    "یکشنبه یک_شنبه Sunday söndag söndagen Yekshanbeh",
)
"""Monday first, as `date.weekday`."""

ONES = (
    "یک one ett en",
    "دو two två",
    "سه three tre",
    "چهار چار four fyra",
    "پنج five fem",
    "شش شیش six sex",
    "هفت seven sju",
    "هشت eight åtta",
    "نه nine nio",
    "ده ten tio",
    "یازده eleven elva",
    "دوازده twelve tolv",
    "سیزده thirteen tretton",
    "چهارده fourteen fjorton",
    "پانزده پونزده fifteen femton",
    "شانزده شونزده sixteen sexton",
    "هفده هیفده seventeen sjutton",
    "هجده هیجده هژده eighteen arton",
    "نوزده nineteen nitton",
)
TENS = (
    "بیست twenty tjugo",
    "سی thirty trettio",
    "چهل چل forty fourty fyrtio",
    "پنجاه fifty femtio",
    "شصت شست sixty sextio",
    "هفتاد seventy sjuttio",
    "هشتاد eighty åttio",
    "نود ninety nittio",
)
HUNDREDS = "صد دویست سیصد چهارصد پانصد ششصد هفتصد هشتصد نهصد"
THOUSAND = "هزار یکهزار thousand tusen"
HUNDRED = "hundred hundra"
ORDINALS = (
    "یکم اول نخست first första",
    "دوم دویم second andra",
    "سوم سیم third tredje",
    "چهارم fourth fjärde",
    "پنجم fifth femte",
    "ششم شیشم sixth sjätte",
    "هفتم seventh sjunde",
    "هشتم eighth åttonde",
    "نهم ninth nionde",
    "دهم tenth tionde",
    "یازدهم eleventh elfte",
    "دوازدهم twelfth tolfte",
    "سیزدهم thirteenth trettonde",
    "چهاردهم fourteenth fjortonde",
    "پانزدهم fifteenth femtonde",
    "شانزدهم sixteenth sextonde",
    "هفدهم seventeenth sjuttonde",
    "هجدهم هیجدهم eighteenth artonde",
    "نوزدهم nineteenth nittonde",
)
TENTHS = ("بیستم twentieth tjugonde", "سی‌ام سیام سی_ام سیوم thirtieth trettionde")
ORDINAL_ENDINGS = "ام م امین مین st nd rd th e a"
"""Glued to or following a number in digits: 28th, ۲۸ام, 6:e."""

PORTIONS = {
    "early": (
        "سالهای_اول سال_های_اول سال_های_نخست اولین_سالهای early_years_of "
        "اوایل اوائل ابتدای ابتدا آغاز اوان سرآغاز روزهای_اول روزهای_نخست اولین_روزهای "
        "نخستین_روزهای دهه_اول دهه_نخست early start_of the_start_of beginning_of the_beginning_of "
        "first_days_of first_few_days_of början_av början_på tidigt_i tidigt tidig "
        "första_dagarna_av first_ten_days_of"
    ),
    "mid": (
        "اواسط وسط وسطای وسط‌های میانه میانهٔ نیمه نیمهٔ اواسطه دهه_دوم mid middle_of the_middle_of "
        "mitten_av mitten_på"
    ),
    "late": (
        "سالهای_آخر سال_های_آخر سال_های_پایانی آخرین_سالهای "
        "اواخر آخرای آخر‌های روزهای_آخر روزهای_پایانی آخرین_روزهای "
        "واپسین_روزهای دهه_سوم دهه_آخر late last_days_of final_days_of last_few_days_of "
        "sent_i sista_dagarna_av sista_dagarna_i last_ten_days_of"
    ),
    "end": "end_of the_end_of آخر پایان انتهای انتها slutet_av slutet_på",
    "half1": "نیمه_اول نیمه_نخست نیمهٔ_اول نیم_سال_اول نیمسال_اول first_half_of 1st_half_of första_halvan_av",
    "half2": "نیمه_دوم نیمهٔ_دوم نیم_سال_دوم نیمسال_دوم second_half_of 2nd_half_of andra_halvan_av",
    "week1": "هفته_اول هفته_نخست اولین_هفته first_week_of första_veckan_i",
    "week2": "هفته_دوم دومین_هفته second_week_of andra_veckan_i",
    "week3": "هفته_سوم سومین_هفته third_week_of tredje_veckan_i",
    "week4": "هفته_چهارم چهارمین_هفته fourth_week_of fjärde_veckan_i",
    "weeklast": "هفته_آخر آخرین_هفته last_week_of final_week_of sista_veckan_i",
    "firstday": "اولین_روز نخستین_روز روز_اول first_day_of",
    "lastday": "آخرین_روز واپسین_روز روز_آخر last_day_of final_day_of sista_dagen_i",
}
"""Parts of a month, season, year or decade."""

UNITS = {
    "d": "روز روزهای روزها day days dag dagen dagar date",
    "w": "هفته هفتهٔ week weeks vecka veckan veckor",
    "m": "ماه ماه‌های ماهه month months månad månaden månader",
    "y": "سال سالهای سال_های سال‌ها year years år året",
}
RELATIVE = {
    ("d", 0): "همان_روز همون_روز آن_روز that_day that_same_day the_same_day samma_dag",
    ("d", 1): (
        "فردای_آن_روز فردای_همان_روز فردایش روز_بعد روز_بعدش روز_پس_از_آن the_next_day next_day "
        "the_following_day nästa_dag"
    ),
    ("d", -1): "روز_قبل روز_پیش the_previous_day",
    ("m", 0): "همان_ماه همون_ماه آن_ماه that_month that_same_month the_same_month same_month samma_månad",
    ("m", 1): "ماه_بعد ماه_بعدش the_next_month next_month the_following_month nästa_månad",
    ("m", -1): "ماه_قبل ماه_پیش the_previous_month",
    ("y", 0): (
        "همان_سال همون_سال آن_سال همانسال that_year that_same_year the_same_year same_year samma_år det_året"
    ),
    ("y", 1): (
        "سال_بعد سال_بعدش سال_بعد_از_آن سال_پس_از_آن the_next_year next_year the_following_year "
        "following_year nästa_år"
    ),
    ("y", -1): (
        "سال_قبل سال_پیش سال_قبلش سال_گذشته پارسال the_previous_year previous_year last_year förra_året"
    ),
}
"""Measured from a date named before: proposals, never findings."""

VAGUE = {
    (2, 6): "چند a_few some a_couple_of några ett_par",
    (1, 1): "a an یه",
}
"""Counts of no certain number: least and most."""

BEFORE = "قبل_از پیش_از قبل پیش before prior_to earlier_than före innan"
AFTER = "بعد_از پس_از بعد پس after later_than efter"
LATER = "بعد پس_از_آن بعد_از_آن after_that later afterwards senare بعدش"
EARLIER = "پیش_از_آن قبل_از_آن قبل پیش before_that earlier ago tidigare قبلش"
SINCE = "از since from från sedan از_همان beginning_in starting_in"
UNTIL = "تا until till til up_to fram_till تا_به"
BY = "حداکثر_تا by no_later_than not_later_than senast"
NOT_BEFORE = "نه_زودتر_از not_before no_earlier_than tidigast"
ONWARD = "به_بعد onward onwards och_framåt به_این_سو به_این_طرف"
TO = "تا الی to until till through til"
BETWEEN = "بین میان مابین between mellan"
AND = "و and och & ∧"
OR = "یا or eller ویا"
APPROXIMATE = (
    "حدود حدودا حدوداً حوالی تقریبا تقریباً نزدیک نزدیکهای نزدیک_به طرفهای طرف‌های در_حدود در_حوالی "
    "circa ca c about around approximately approx roughly some_time_in sometime_in omkring ungefär "
    "cirka kring near ~ ≈"
)
PERHAPS = (
    "شاید احتمالا احتمالاً گویا ظاهرا گمانم به_گمانم فکر_کنم فکر_می_کنم به_نظرم perhaps maybe "
    "probably possibly i_think i_believe i_think_it_was i_believe_was i_believe_it_was "
    "it_may_have_been kanske troligen jag_tror"
)
FILLERS = (
    "در توی داخل طی خلال مورخ مورخه تاریخ به_تاریخ در_تاریخ طول در_طول در_طی ی in on at during the "
    "of de den i på av det throughout within dated anno "
    "یکی_از_روزهای یکی_از_شب‌های one_of_the_days_of نیز هم خونین سیاه داغ شوم this"
)
DAYPARTS = (
    "بعد_از_ظهر پیش_از_ظهر قبل_از_ظهر شب صبح عصر ظهر بعدازظهر بامداد غروب سحر نیمه_شب شامگاه "
    "night morning evening afternoon dawn noon midnight natten morgonen kvällen"
)
ERAS = {
    Calendar.SOLAR: (
        "شمسی خورشیدی ش هجری_شمسی هجری_خورشیدی ه_ش ه.ش ه._ش SH A.P. "
        "solar_hijri solar AHS S.H. persian_calendar"
    ),
    Calendar.GREGORIAN: "میلادی م AD CE A.D. C.E. gregorian",
    Calendar.LUNAR: "قمری ق هجری_قمری ه_ق ه.ق AH A.H. lunar_hijri lunar hijri_qamari",
}
FEASTS = (
    (Calendar.SOLAR, (1, 1), (1, 13), "عید_نوروز نوروز عید Nowruz Norouz Nowrooz Norooz Noruz Eid"),
    (Calendar.SOLAR, (1, 13), (1, 13), "سیزده_بدر سیزده_به_در Sizdah_Bedar"),
    (Calendar.SOLAR, (11, 12), (11, 22), "دهه_فجر"),
    (Calendar.SOLAR, (9, 30), (9, 30), "شب_یلدا یلدا Yalda"),
    (Calendar.GREGORIAN, (12, 24), (12, 26), "کریسمس Christmas julen jul"),
    (Calendar.LUNAR, (1, 9), (1, 9), "تاسوعا تاسوعای Tasua"),
    (Calendar.LUNAR, (1, 10), (1, 10), "عاشورا عاشورای Ashura Ashoura"),
    (Calendar.LUNAR, (2, 20), (2, 20), "اربعین Arbaeen"),
    (Calendar.LUNAR, (10, 1), (10, 1), "عید_فطر فطر Eid_al_Fitr Eid_e_Fetr"),
    (Calendar.LUNAR, (12, 10), (12, 10), "عید_قربان Eid_al_Adha Eid_e_Ghorban"),
    (Calendar.LUNAR, (12, 18), (12, 18), "عید_غدیر Eid_al_Ghadir"),
)
"""Days with a name: first and last as (month, day)."""

EQUALS = "برابر مطابق مصادف equals equal equivalent corresponding i.e. motsvarar"
"""The same date once more, in another calendar."""
NEXT_DAY = "فردای روز_پس_از dagen_efter"

DECADES = "دهه دههٔ decade_of"
DECADE_ENDINGS = "s talet ies"
BURJ = "برج borj"
"""A month told by its number, as clerks and prisoners do: برج ۵."""

COUNTED = (
    "نفر نفری نفره تن ساله سالگی تومان ریال متر کیلومتر بار دقیقه ساعت درصد people persons prisoners men "
    "women names members bodies graves victims inmates detainees others years-old metres meters "
    "kilometres km percent pages minutes hours times rials tomans dollars personer fångar män kvinnor "
    "old lashes families"
)
"""After a number: it counts these and is no year."""
THINGS = "زندانی اسم نام زن مرد دختر پسر نامه جسد گور اعدامی بند سلول صفحه کتاب دست"
"""After a number they may be counted, but not after a month and year: مرداد ۶۷ زندانی بودم."""

LABELS = (
    "شماره پلاک اتاق سلول صفحه قطعه ردیف no number room ward cell page plot row section more_than "
    "than over some بیش_از nearly at_least"
)
"""Before a number: it is a label or a count and no year."""

BORN = "متولد تولد متولدین زاده born birth b. född"
"""Before a date: it is about a life, not about what happened next."""
