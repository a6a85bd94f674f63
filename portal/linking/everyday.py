"""Words that a story is made of: those that are no part of a name, and those that are also names.

Folded, as `registry.names.fold` gives them. Lists of judgement, not of measurement; what is missing costs a
suggestion too many, what is too much one that the reviewer makes by hand.
"""

from portal.registry.names import fold


def _set(words: str) -> frozenset[str]:
    return frozenset(fold(word).replace(" ", "") for word in words.split())


NO_NAMES = _set(
    """
    و در به از که را با این آن تا بر برای هم یا اما ولی اگر چون پس نه هر هیچ همه هنوز دیگر خیلی بعد قبل پیش
    من ما تو شما او آنها ایشان وی خود خودم خودش خودمان کسی چیزی چه چی کجا کی چرا چند یک دو سه چهار پنج شش
    هفت هشت نه بود بودم بودند بودیم شد شدم شدند شده است هست هستم هستند نیست باشد باشند کرد کردم کردند کرده
    کردیم می نمی کنم کنند کند کن گفت گفتم گفتند گفته داد دادم دادند داده دارد دارم دارند داشت داشتم داشتند
    رفت رفتم رفتند رفتیم آمد آمدم آمدند آورد آوردند برد بردند گرفت گرفتند گرفته خواست خواستند دید دیدم دیدیم
    بگو بگویم گوید گویند شود شوند باید شاید روز روزی شبها سال سالها ماه هفته ساعت وقت وقتی زمان بار اول دوم
    آخرین بدون مثل مانند غیر بین میان روی زیر بالا پایین داخل بیرون سمت طرف کنار نزد دست پا سر چشم خانه زن
    مرد بچه پدر مادر برادر خواهر پسر دختر همسر شوهر پدرم مادرم برادرم خواهرم پسرم دخترم همسرم عمو دایی خاله
    عمه نفر آدم مردم اسم اسمم نام خبر حرف کار جا جایی چیز مال اینجا آنجا همان همین چنین البته یعنی حتی فقط
    ها های ی ای ام ات اش مان تان شان ند ایم اید اند تر ترین هایی هایم هایش هایمان هایشان زندانی زندانیان
    زندانیها بند سلول دادگاه پاسدار پاسدارها پاسداران نگهبان بازجو بازجویی ملاقات اعدام اعدامها ایران جمهوری
    سازمان کشور تلفن نامه ساک لباس the a an and or but if of in on at to from by with for as is was were be
    been are am i he she it we they you his her its our their my your me him them us this that these those
    there here who whom whose what when where why how which not no nor so than then too very can could will
    would shall should may might must do does did done have has had having one two three four five six seven
    eight nine ten first second last next after before until since while during about into over under again
    once all any both each few more most other some such only own same just also now never ever yet still
    even because though although however between through against out up down off on behind beside near every
    everyone everybody nobody nothing something someone anyone people man men woman women boy girl child
    children father mother brother sister son daughter wife husband uncle aunt grandfather grandmother
    family friend friends day days night nights week month year years time times later morning evening
    afternoon yes no oh dear thank sir said told asked came went saw heard knew thought guard guards
    prisoner prisoners prison ward cell court government office revolutionary islamic republic iran iranian
    persian god monday tuesday wednesday thursday friday saturday sunday och i att det som en ett på är av
    för med den till inte om han hon vi de jag var men när efter där då mig
    """
)
"""Not part of a name, unless a place is called just so."""

ALSO_WORDS = _set(
    """
    امید آزاد شهید آرزو رویا پاک مهر بهار صبح سحر نور روشن پیروز مراد راستی کاری شادی ستاره ماه آسمان دریا
    باران خدا خداداد رحمت نعمت عزیز عزیزی شیرین زیبا پیمان ایمان احسان کریم رحیم جواد آرام آرامش شجاع دلیر
    امین صادق سالم سلام غریب غلام عادل عالم فاضل قاسم سردار سالار شاه امیر وزیر میر خان بیگ آقا بابا جان
    ماهی گل لاله نرگس یاس سوسن پروانه شبنم طلوع افق سپیده فرشته مینا ترانه نغمه سرود آواز بیدار هشیار یار
    یاور یاری همدم همراه پیام پیک پرواز کاوه رهبر رهنما رهایی آزادی فریاد بنیاد نهاد داد دادگر دانا توانا
    زرگر نجار آهنگر خیاط بزاز عطار قصاب نانوا حداد صراف سقا زارع دهقان باغبان چوپان کاتب معلم استاد حکیم
    طبیب جراح سرباز سپاه جنگی پهلوان رستم سهراب بهمن خرداد تیر مرداد شهریور مهر آبان آذر دی اسفند بهاری
    پاییز زمستان تابستان شرق غرب شمال جنوب شمالی جنوبی شرقی غربی کوه دشت صحرا جنگل رود چشمه سنگ خاک آتش آب
    باد سبز سرخ سفید سیاه کبود زرد بزرگ کوچک بلند کوتاه نو کهن قدیمی جدید تازه راست درست محکم سخت نرم تند
    تیز ساده پنهان پیدا نشان بشارت شریف شریفی نجیب وفا وفادار صفا صبور صبوری مهربان مهربانی خندان خرم خوش
    خوب نیک نیکی بهتر بهترین برتر یگانه تنها دوست دوستی رفیق آشنا یونسکو فجر انقلاب کمیته حسینیه مسجد سپاه
    ارشاد هدایت سعادت عدالت حقیقت حقیقی وحدت نجات صلح پناه پناهی احمدی نژاد زاده حاجی ملا شیخ سید امام
    ایرانی اسلامی انقلابی دولت شهر آخر شب unesco fajr omid azad shahid god hope star angel rose may june
    april grace faith mark bill will rob sue art ray dean king price page young long brown white black green
    stone wood hill field rice bush day
    """
)
"""Also names: alone they are none, and two of them need a title or another name beside them."""

OF_PRISONS = _set(
    """
    زندان بازداشتگاه اردوگاه پادگان prison jail gaol detention centre center camp fängelse fängelset
    gefängnis
    """
)
OF_GRAVES = _set(
    """
    گورستان قبرستان آرامستان گور گورهای قبر قبرهای گلزار مزار دسته جمعی دستهجمعی cemetery graveyard mass
    grave graves burial ground kyrkogård kyrkogården massgrav friedhof
    """
)
OF_PLACES = OF_PRISONS | OF_GRAVES
"""What sort of place it is: said or left out."""

ENDINGS = _set("ها های ی ای ام ات اش مان تان شان هایی هایم هایش هایمان هایشان اند ایم اید م ت ش e ye s yi i")
"""What Persian and English bind to a name without being part of it."""
