import type { Random } from './random.ts';

/** Where an invented person lives, and the invented names of that place: native form and the form for a username. */
export interface Locale {
  readonly country: string;
  readonly language: string;
  /** Hours ahead of UTC. */
  readonly shift: number;
  readonly city: string;
  readonly given: readonly (readonly [string, string])[];
  readonly family: readonly (readonly [string, string])[];
}

/** Reads `native=roman native=roman`; a word without `=` is its own username form. */
function readPairs(text: string): (readonly [string, string])[] {
  return text.split(' ').map((word) => {
    const [native = '', roman = native] = word.split('=');
    return [native, roman.toLowerCase()] as const;
  });
}

function createLocale(
  [country, language, shift, city]: readonly [string, string, number, string],
  given: string,
  family: string,
): Locale {
  return { country, language, shift, city, given: readPairs(given), family: readPairs(family) };
}

/** Small lists made up for this demo; nobody in particular is meant. */
export const LOCALES: readonly Locale[] = [
  createLocale(
    ['US', 'en', -5, 'Springfield'],
    'Avery Jordan Riley Casey Morgan Quinn',
    "Brightwater Oakfield Stonebridge Fairweather O'Marsh=omarsh Underhill",
  ),
  createLocale(
    ['ES', 'es', 1, 'Valdeluz'],
    'María=maria Iñigo=inigo Lucía=lucia Álvaro=alvaro Noa',
    'Núñez=nunez Peñalba=penalba Ibarrola Cañizal=canizal Solís=solis',
  ),
  createLocale(
    ['BR', 'pt', -3, 'Serra Clara'],
    'João=joao Conceição=conceicao Thaís=thais Davi Lívia=livia',
    'Araújo=araujo Brandão=brandao Assunção=assuncao Vilela',
  ),
  createLocale(
    ['FR', 'fr', 1, 'Montclair-sur-Lys'],
    'Zoé=zoe Loïc=loic Maëlle=maelle Théo=theo Anaïs=anais',
    "Lefèvre=lefevre Garçon=garcon Beauséjour=beausejour d'Aubépine=daubepine",
  ),
  createLocale(
    ['DE', 'de', 1, 'Grünfelden'],
    'Jürgen=juergen Käthe=kaethe Sören=soeren Annika Björn=bjoern',
    'Müßiggang=muessiggang Schönfeld=schoenfeld Krähe=kraehe Weißdorn=weissdorn',
  ),
  createLocale(
    ['PL', 'pl', 1, 'Zielonki'],
    'Łucja=lucja Grażyna=grazyna Świętosław=swietoslaw Bożena=bozena',
    'Żółw=zolw Ćwiklińska=cwiklinska Gęślarz=geslarz',
  ),
  createLocale(
    ['TR', 'tr', 3, 'Yeşilova'],
    'İrem=irem Çağlar=caglar Işıl=isil Gülşen=gulsen',
    'Öztürkmen=ozturkmen Yıldızhan=yildizhan Şahinci=sahinci',
  ),
  createLocale(
    ['UA', 'uk', 2, 'Зеленопіль'],
    'Оксана=oksana Тарас=taras Зоя=zoya Іван=ivan',
    'Ясенко=yasenko Вербицька=verbytska Джміль=dzhmil',
  ),
  createLocale(
    ['GR', 'el', 2, 'Νεοχώρι'],
    'Ελένη=eleni Νίκος=nikos Δήμητρα=dimitra',
    'Θαλασσινός=thalassinos Χρυσανθίδης=chrysanthidis',
  ),
  createLocale(['EG', 'ar', 2, 'الواحة'], 'ليلى=layla يوسف=yusuf نور=nour', 'النخلة=alnakhla بستاني=bustani'),
  createLocale(['IL', 'he', 2, 'גבעון'], 'נועה=noa איתי=itay תמר=tamar', 'אלון=alon ברקת=bareket'),
  createLocale(
    ['IN', 'hi', 5.5, 'हरितपुर'],
    'आरव=aarav दीया=diya प्रिया=priya रोहन=rohan',
    'सूर्यवंशम=suryavansham चंद्रिका=chandrika वनराज=vanraj',
  ),
  createLocale(['CN', 'zh', 8, '青石镇'], '晓明=xiaoming 雨桐=yutong 子涵=zihan', '李=li 欧阳=ouyang 林=lin'),
  createLocale(
    ['JP', 'ja', 9, 'みどり市'],
    'あおい=aoi 健太=kenta さくら=sakura',
    '竹林=takebayashi 水野=mizuno 星=hoshi',
  ),
  createLocale(['KR', 'ko', 9, '푸른시'], '하늘=haneul 지우=jiwoo 서준=seojun', '남궁=namgung 한=han 선우=seonwoo'),
  createLocale(['TH', 'th', 7, 'บ้านสวน'], 'มะลิ=mali ธันวา=thanwa', 'สวนดอก=suandok ทะเลทอง=thalethong'),
  createLocale(['ET', 'am', 3, 'አዲስ ሰፈር'], 'ሰላም=selam ዳዊት=dawit', 'በላይነህ=belayneh ከበደች=kebedech'),
  createLocale(
    ['NG', 'en', 1, 'Iyana Oke'],
    'Chiamaka Olúfẹ́mi=olufemi Ngozi Tunde',
    'Adéwálé=adewale Okonjọ=okonjo Ezenwa',
  ),
];

/** Draws where someone lives: some places send many learners, most send few. Answers an index into `LOCALES`. */
export function pickLocale(random: Random): number {
  return Math.min(LOCALES.length - 1, Math.floor(-Math.log(1 - random.next()) * 6));
}
